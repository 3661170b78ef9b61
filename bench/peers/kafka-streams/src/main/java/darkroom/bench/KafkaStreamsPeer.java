package darkroom.bench;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;

/**
 * The work of the benches on Kafka Streams itself. Reads BROKERS, APPLICATION_ID, TOPIC_IN, TOPIC_OUT, MODE (stateless,
 * windowed-count), GUARANTEE (at_least_once, exactly_once), COMMIT_INTERVAL_MS, CACHE_BYTES, STATE_FOLDER. Writes a line
 * of JSON when it runs, and one with its CPU time and resident memory after SIGTERM.
 */
public final class KafkaStreamsPeer {
  private static final long WINDOW_MS = 60_000;
  private static final byte DROPPED = '0';
  private static final byte CHANGED = '*';
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(20);

  public static void main(String[] args) throws InterruptedException {
    KafkaStreams streams = new KafkaStreams(topology(need("MODE")), settings());
    CountDownLatch running = new CountDownLatch(1);
    streams.setUncaughtExceptionHandler(error -> {
      error.printStackTrace();
      Runtime.getRuntime().halt(1);
      return null;
    });
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.RUNNING) running.countDown();
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      streams.close(CLOSE_WITHIN);
      say("{\"msg\":\"done\",\"cpuUs\":" + cpuUs() + ",\"residentBytes\":" + residentBytes() + "}");
    }));
    streams.start();
    running.await();
    say("{\"msg\":\"ready\"}");
    new CountDownLatch(1).await();
  }

  private static Topology topology(String mode) {
    StreamsBuilder builder = new StreamsBuilder();
    String input = need("TOPIC_IN");
    String output = need("TOPIC_OUT");
    switch (mode) {
      case "stateless" -> builder
          .stream(input, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
          .filter((key, value) -> value != null && value[0] != DROPPED)
          .mapValues(KafkaStreamsPeer::change)
          .to(output, Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
      case "windowed-count" -> builder
          .stream(input, Consumed.with(Serdes.String(), Serdes.ByteArray()))
          .groupByKey()
          .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMillis(WINDOW_MS), Duration.ofMillis(WINDOW_MS)))
          .count()
          .toStream((window, count) -> window.key())
          .to(output, Produced.with(Serdes.String(), Serdes.Long()));
      default -> throw new IllegalArgumentException("MODE is " + mode + "; it is stateless or windowed-count");
    }
    return builder.build();
  }

  private static byte[] change(byte[] value) {
    byte[] changed = value.clone();
    changed[0] = CHANGED;
    return changed;
  }

  private static Properties settings() {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, need("APPLICATION_ID"));
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, need("BROKERS"));
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
        need("GUARANTEE").equals("exactly_once") ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, need("COMMIT_INTERVAL_MS"));
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, need("CACHE_BYTES"));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, need("STATE_FOLDER"));
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    return settings;
  }

  private static String need(String name) {
    String value = System.getenv(name);
    if (value == null || value.isEmpty()) throw new IllegalArgumentException(name + " is missing");
    return value;
  }

  private static long cpuUs() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean own
        ? own.getProcessCpuTime() / 1_000
        : -1;
  }

  /** Of Linux: where there is no such file, -1. */
  private static long residentBytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmRSS:")) return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    } catch (java.io.IOException absent) {
      return -1;
    }
    return -1;
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}

// Sends one image to Darkroom, in a form of docs/external-stream.md:
//   SendImage bytes|json|avro <customer> <image id> <file>
//   SendImage reference       <customer> <image id> <s3://bucket/key or https://…>
// KAFKA_BROKERS, TOPIC_STREAM; for Avro SCHEMA_REGISTRY_URL and EXTERNAL_IMAGE_SCHEMA, the path of schemas/ExternalImage.avsc.
package darkroom.examples;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class SendImage {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOPIC = System.getenv().getOrDefault("TOPIC_STREAM", "image-stream");

  record Sent(byte[] value, Map<String, String> headers) {}

  /** The image itself; all else stands in headers. */
  static Sent bytes(String customer, String imageId, byte[] image) {
    return new Sent(image, Map.of("customer-id", customer, "image-id", imageId, "focal-point", "0.5,0.25"));
  }

  /** The image in base64, all else beside it. */
  static Sent json(String customer, String imageId, byte[] image) throws Exception {
    var value = Map.of(
        "image", Base64.getEncoder().encodeToString(image),
        "customerId", customer,
        "imageId", imageId,
        "focalPoint", Map.of("x", 0.5, "y", 0.25));
    return new Sent(JSON.writeValueAsBytes(value), Map.of("content-type", "application/vnd.darkroom.image+json"));
  }

  /** Avro in Confluent's wire format: a zero byte, the id of the schema, the record. */
  static Sent avro(String customer, String imageId, byte[] image) throws Exception {
    var schema = new Schema.Parser().parse(Path.of(System.getenv("EXTERNAL_IMAGE_SCHEMA")).toFile());
    var value = new GenericRecordBuilder(schema)
        .set("image", ByteBuffer.wrap(image))
        .set("customerId", customer)
        .set("imageId", imageId)
        .set("createdAt", System.currentTimeMillis())
        .build();
    var out = new ByteArrayOutputStream();
    out.write(0);
    out.write(ByteBuffer.allocate(4).putInt(register(schema)).array());
    var encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(schema).write(value, encoder);
    encoder.flush();
    return new Sent(out.toByteArray(), Map.of("content-type", "application/vnd.confluent.avro"));
  }

  /** Where the image lies: an object in S3, or a URL. A key is taken as it is: it may hold "#", "?" and "%". */
  static Sent reference(String customer, String imageId, String place) throws Exception {
    var s3 = Pattern.compile("s3://([^/]+)/(.+)").matcher(place);
    var value = s3.matches() ? Map.of("bucket", s3.group(1), "key", s3.group(2)) : Map.of("url", place);
    return new Sent(JSON.writeValueAsBytes(value), Map.of(
        "customer-id", customer,
        "image-id", imageId,
        "content-type", "application/vnd.darkroom.reference+json"));
  }

  /** The id of the schema in the registry; the same one for the same schema. */
  static int register(Schema schema) throws Exception {
    var address = System.getenv("SCHEMA_REGISTRY_URL") + "/subjects/" + TOPIC + "-value/versions";
    var request = HttpRequest.newBuilder(URI.create(address))
        .header("content-type", "application/vnd.schemaregistry.v1+json")
        .POST(BodyPublishers.ofString(JSON.writeValueAsString(Map.of("schema", schema.toString()))))
        .build();
    var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    if (answer.statusCode() != 200) throw new IllegalStateException(answer.body());
    return JSON.readTree(answer.body()).get("id").asInt();
  }

  public static void main(String[] args) throws Exception {
    var form = args[0];
    var customer = args[1];
    var imageId = args[2];
    var sent = switch (form) {
      case "bytes" -> bytes(customer, imageId, Files.readAllBytes(Path.of(args[3])));
      case "json" -> json(customer, imageId, Files.readAllBytes(Path.of(args[3])));
      case "avro" -> avro(customer, imageId, Files.readAllBytes(Path.of(args[3])));
      case "reference" -> reference(customer, imageId, args[3]);
      default -> throw new IllegalArgumentException("no form " + form);
    };
    Map<String, Object> settings = Map.of(
        "bootstrap.servers", System.getenv().getOrDefault("KAFKA_BROKERS", "localhost:9092"),
        "acks", "all",
        "enable.idempotence", true,
        "max.request.size", 10_000_000);
    try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
      var record = new ProducerRecord<>(TOPIC, imageId, sent.value());
      sent.headers().forEach((name, text) -> record.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
      producer.send(record).get();
    }
  }
}

import { GenericContainer, Wait } from 'testcontainers';

// Ryuk would end what a killed process has left behind; here the guard does, without an image that has to be pulled.
process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true';

export interface LoopbackContainerSpec {
  readonly image: string;
  readonly name: string;
  readonly labels: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** The port inside, and the one of this machine's loopback address that leads there. */
  readonly port: { readonly inner: number; readonly outer: number };
  /** A named volume and where it is mounted. */
  readonly volume: { readonly name: string; readonly path: string } | undefined;
  readonly stopSignal: string | undefined;
}

/** A container of testcontainers that listens on loopback only; testcontainers itself publishes on every interface. */
export class LoopbackContainer extends GenericContainer {
  constructor(spec: LoopbackContainerSpec) {
    super(spec.image);
    this.withName(spec.name);
    this.withLabels(Object.fromEntries(spec.labels.map((label) => splitLabel(label))));
    this.withEnvironment({ ...spec.environment });
    if (spec.command.length > 0) this.withCommand([...spec.command]);
    if (spec.volume)
      this.withBindMounts([{ source: spec.volume.name, target: spec.volume.path, mode: 'rw' }]);
    const { inner, outer } = spec.port;
    this.withExposedPorts({ container: inner, host: outer });
    this.hostConfig.PortBindings = { [`${inner}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(outer) }] };
    if (spec.stopSignal) this.createOpts.StopSignal = spec.stopSignal;
    // whether it answers is asked by the stack, which knows each service
    this.withWaitStrategy(Wait.forLogMessage(/.*/));
  }
}

function splitLabel(label: string): [name: string, value: string] {
  const at = label.indexOf('=');
  return [label.slice(0, at), label.slice(at + 1)];
}

import type { PlugIn } from '../../../../src/processors/steps/plug-in.ts';

const invert: PlugIn = async ({ data, info }) => ({
  data: Buffer.from(data.map((value) => 255 - value)),
  info,
});

export default invert;

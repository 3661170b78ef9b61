export { makePhotograph } from './photograph.ts';
export { makeSamples, type Sample } from './samples.ts';

/** For other people's test suites: Darkroom with all that it stands on, and the driver that needs nothing. */

export type { ImageProcessed } from '../../src/serdes/image-processed.generated.ts';
export { TopologyTestDriver } from '../../src/topology/testing/driver.ts';
export { DarkroomStack, type DarkroomStackOptions, type ImageToSend } from './darkroom-stack.ts';

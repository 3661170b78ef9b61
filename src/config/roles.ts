/** The parts of the service that run, fail and scale by themselves. */
export const ROLES = ['intake', 'develop', 'warehouse', 'counters', 'counts', 'load'] as const;
export type RoleName = (typeof ROLES)[number];

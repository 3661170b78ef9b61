/** The parts of the service that run, fail and scale by themselves. */
export const ROLES = ['intake', 'develop'] as const;
export type RoleName = (typeof ROLES)[number];

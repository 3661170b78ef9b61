/** The consumer group of a role that is an application of the engine; its topics and transactional ids begin with it. */
export const applicationIdOf = (applicationId: string, role: string): string => `${applicationId}-${role}`;

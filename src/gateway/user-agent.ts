/** Edges in front of GitLab turn away clients that do not name themselves. */
export const USER_AGENT = 'nestjs-gitlab-duo';

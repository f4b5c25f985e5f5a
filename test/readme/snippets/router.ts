import { type DuoRouterService } from 'nestjs-gitlab-duo';
import { type ModelAnswer, type ModelRequest } from 'nestjs-gitlab-duo/types';

export async function answerOf(router: DuoRouterService, request: ModelRequest): Promise<ModelAnswer> {
  const step = router.stream(request);
  for (;;) {
    const { done, value } = await step.next();
    if (done) return value; // before it: text, reasoning, tool calls, and a reset where a request is sent again
  }
}

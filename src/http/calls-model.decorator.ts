import { Reflector } from '@nestjs/core';

/** Marks a route that calls the model, which costs money, so that a rate limit can apply to it alone. */
export const CallsModel = Reflector.createDecorator();

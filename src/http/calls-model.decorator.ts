import { Reflector } from '@nestjs/core';

/** Marks a route that asks the model, which costs: a limit of rates can tell it from the others. */
export const CallsModel = Reflector.createDecorator();

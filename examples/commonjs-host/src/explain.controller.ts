import { Body, Controller, Post } from '@nestjs/common';
import { Explainer } from './explainer.service';

@Controller('explain')
export class ExplainController {
  constructor(private readonly explainer: Explainer) {}

  @Post()
  explain(@Body() { topic }: { topic: string }): Promise<{ text: string; chunks: string[] }> {
    return this.explainer.explain(topic);
  }
}

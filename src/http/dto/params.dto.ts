import { ArrayMaxSize, IsArray, IsIn, IsInt, IsNumber, IsString, Matches, Max, Min, ValidateIf } from 'class-validator';
import { type Effort, EFFORTS } from '../../messages/effort.js';
import { MAX_TEMPERATURE, MAX_TOP_P, MIN_THINKING_BUDGET } from '../../messages/params.js';
import { type CheckContext, Description, IsDto, IsMutuallyExclusiveWith, Optional } from './decorators.js';

/** More than any model supports. */
const MAX_THINKING_BUDGET = 1_000_000;

@Description(
  'How much the model may think: by effort or by tokens, one of the two. Each model gets the nearest that it takes; `none` turns thinking off, or down to the least that the model can do.',
)
export class ThinkingDto {
  @ValidateIf(({ effort, budgetTokens }: ThinkingDto) => effort !== undefined || budgetTokens === undefined)
  @IsIn(EFFORTS)
  effort?: Effort;

  @Optional()
  @IsInt()
  @Min(MIN_THINKING_BUDGET)
  @Max(MAX_THINKING_BUDGET)
  @IsMutuallyExclusiveWith('effort')
  budgetTokens?: number;
}

/** Settings of the model; anything else is refused over HTTP. */
export class ParamsDto {
  @Optional()
  @IsNumber()
  @Min(0)
  @Max(MAX_TEMPERATURE)
  temperature?: number;

  @Optional()
  @IsNumber()
  @Min(0)
  @Max(MAX_TOP_P)
  topP?: number;

  @Description('Thinking included: a model that thinks may use it up before it says a word.')
  @Optional()
  @IsInt()
  @Min(1)
  maxOutputTokens?: number;

  @Optional()
  @IsArray()
  @ArrayMaxSize(16)
  @IsString({ each: true })
  // PostgreSQL cannot store NUL.
  @Matches(/[^\0]/, {
    each: true,
    message: 'each value in $property must not be empty',
    context: { schema: { minLength: 1 } } satisfies CheckContext,
  })
  stopSequences?: string[];

  @Optional()
  @IsDto(() => ThinkingDto)
  thinking?: ThinkingDto;
}

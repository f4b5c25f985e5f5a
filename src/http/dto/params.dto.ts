import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsString,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { type Effort, EFFORTS } from '../../messages/effort.js';
import { IsMutuallyExclusiveWith } from './in-place-of.decorator.js';
import { Optional } from './optional.decorator.js';

/** More than any model can say at once. */
export const MAX_TOKENS = 1_000_000;

export class ThinkingDto {
  @ValidateIf(({ effort, budgetTokens }: ThinkingDto) => effort !== undefined || budgetTokens === undefined)
  @IsIn(EFFORTS)
  effort?: Effort;

  @Optional()
  @IsInt()
  @Min(1024)
  @Max(MAX_TOKENS)
  @IsMutuallyExclusiveWith('effort')
  budgetTokens?: number;
}

/** Settings of the model; anything else is refused over HTTP. */
export class ParamsDto {
  @Optional()
  @IsNumber()
  @Min(0)
  @Max(2)
  temperature?: number;

  @Optional()
  @IsNumber()
  @Min(0)
  @Max(1)
  topP?: number;

  @Optional()
  @IsInt()
  @Min(1)
  maxOutputTokens?: number;

  @Optional()
  @IsArray()
  @ArrayMaxSize(16)
  @IsString({ each: true })
  // NUL does not reach the database.
  @Matches(/[^\0]/, { each: true, message: 'each value in $property must not be empty' })
  stopSequences?: string[];

  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => ThinkingDto)
  thinking?: ThinkingDto;
}

import { Type } from 'class-transformer';
import { IsNotEmpty, IsObject, IsString, MaxLength, ValidateIf, ValidateNested } from 'class-validator';
import { type JsonObject } from '../../messages/json.interface.js';
import { Optional } from './optional.decorator.js';
import { ParamsDto } from './params.dto.js';

const TITLE_LENGTH = 500;

/** The body of `POST /chats` and, with what is unset left as it is, of `PATCH /chats/:id`. */
export class ChatDto {
  @Optional()
  @IsString()
  @IsNotEmpty()
  model?: string;

  @ValidateIf((_dto, title) => title !== undefined && title !== null)
  @IsString()
  @MaxLength(TITLE_LENGTH)
  title?: string | null;

  @Optional()
  @IsString()
  @IsNotEmpty()
  instructions?: string;

  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => ParamsDto)
  params?: ParamsDto;

  @Optional()
  @IsObject()
  metadata?: JsonObject;
}

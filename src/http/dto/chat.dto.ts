import { Type } from 'class-transformer';
import { IsNotEmpty, IsObject, IsString, MaxLength, ValidateIf, ValidateNested } from 'class-validator';
import { type JsonObject } from '../../messages/json.interface.js';
import { Optional } from './optional.decorator.js';
import { ParamsDto } from './params.dto.js';
import { PlainJson } from './plain-json.decorator.js';
import { MaxTextSize } from './size.decorators.js';

const TITLE_LENGTH = 500;

/** The body of `PATCH /chats/:id`: what is unset is left as it is. */
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
  @MaxTextSize()
  instructions?: string;

  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => ParamsDto)
  params?: ParamsDto;

  @Optional()
  @IsObject()
  @MaxTextSize()
  @PlainJson()
  metadata?: JsonObject;
}

/** The body of `POST /chats`; what is said besides wins over what the agent says. */
export class NewChatDto extends ChatDto {
  @Optional()
  @IsString()
  @IsNotEmpty()
  agent?: string;
}

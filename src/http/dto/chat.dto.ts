import { Type } from 'class-transformer';
import { IsNotEmpty, IsObject, IsOptional, IsString, MaxLength, ValidateNested } from 'class-validator';
import { type JsonObject } from '../../messages/json.interface.js';
import { ParamsDto } from './params.dto.js';

const TITLE_LENGTH = 500;

/** The body of `POST /chats` and, with what is unset left as it is, of `PATCH /chats/:id`. */
export class ChatDto {
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  model?: string;

  @IsOptional()
  @IsString()
  @MaxLength(TITLE_LENGTH)
  title?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  instructions?: string;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ParamsDto)
  params?: ParamsDto;

  @IsOptional()
  @IsObject()
  metadata?: JsonObject;
}

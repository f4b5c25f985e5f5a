import { Injectable, UnauthorizedException } from '@nestjs/common';
import { type OwnerResolver } from 'nestjs-gitlab-duo/http';

interface Request {
  headers: Record<string, string | string[] | undefined>;
}

/** Names the user of a request by a header that anyone can send: ask your sessions instead. */
@Injectable()
export class HeaderOwner implements OwnerResolver {
  resolve({ headers }: Request): string {
    const user = headers['x-user'];
    if (typeof user !== 'string' || user === '') throw new UnauthorizedException('Send your name as x-user.');
    return user;
  }
}

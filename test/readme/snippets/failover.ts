import { TypeOrmModule } from '@nestjs/typeorm';
import { createDuoDataSource } from 'nestjs-gitlab-duo';

export const database = TypeOrmModule.forRootAsync({
  useFactory: () => ({ type: 'postgres', url: process.env.DATABASE_URL, autoLoadEntities: true }),
  dataSourceFactory: createDuoDataSource,
});

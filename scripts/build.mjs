import { build, databaseClient, make } from './toolchain.mjs';

make(databaseClient);
make(build);

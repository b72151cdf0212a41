import { build, databaseClient, explorer, make } from './toolchain.mjs';

make(databaseClient);
make(build);
make(explorer);

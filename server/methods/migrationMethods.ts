import type { Migrations } from '../migration/migrations.ts';
import * as protocol from '../protocol/migrationMethods.ts';
import type { Registry } from './registry.ts';

export function registerMigrationMethods(registry: Registry, migrations: Migrations): void {
  registry.register(protocol.migrationInspect, (params) => migrations.inspect(params));
  registry.register(protocol.migrationPlan, (params) => migrations.plan(params));
  registry.register(protocol.migrationApply, (params) => migrations.apply(params));
  registry.register(protocol.migrationVerify, (params) => migrations.verify(params));
  registry.register(protocol.migrationRestore, (params) => migrations.restore(params));
  registry.register(protocol.migrationList, () => Promise.resolve(migrations.list()));
}

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { agentsSetting } from '../../server/workflows/agents/agentSettings.ts';

const property = z.looseObject({ enum: z.array(z.string()).optional(), const: z.string().optional() });
const shape = z.looseObject({
  properties: z.record(z.string(), property),
  required: z.array(z.string()),
  additionalProperties: z.literal(false),
});
const setting = z.looseObject({ additionalProperties: z.looseObject({ anyOf: z.array(shape) }) });
const manifest = z.looseObject({
  contributes: z.looseObject({
    configuration: z.looseObject({ properties: z.record(z.string(), z.unknown()) }),
  }),
});

/** Of each way to set an agent: its keys with the values they may have, and those that have to be there. */
function ways(schema: unknown) {
  return setting
    .parse(schema)
    .additionalProperties.anyOf.map(({ properties, required }) => ({
      required: [...required].sort(),
      keys: Object.fromEntries(
        Object.entries(properties)
          .map(
            ([key, { enum: choices, const: only }]) => [key, only === undefined ? choices : [only]] as const,
          )
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
    }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe('the setting of the agents', () => {
  it('is completed and checked in settings.json as the server reads it', async () => {
    const { contributes } = manifest.parse(JSON.parse(await readFile('package.json', 'utf8')));
    const inManifest = ways(contributes.configuration.properties['lockstep.agents']);
    const inServer = ways(z.toJSONSchema(agentsSetting, { io: 'input' }));
    assert.equal(inManifest.length, 3);
    assert.deepEqual(inManifest, inServer);
  });
});

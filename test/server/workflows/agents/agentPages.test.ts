import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { readAgentSettings } from '../../../../server/workflows/agents/agentSettings.ts';
import { PRESET_AGENTS, PRESETS } from '../../../../server/workflows/agents/presets.ts';
import { jsonlLine } from '../../../../server/workflows/agents/streams/jsonlStream.ts';

const DOCS = new URL('../../../../docs/', import.meta.url);
const RECORDED = new URL('streams/recorded/', import.meta.url);
const recorded = z.looseObject({ package: z.string(), version: z.string() });
const settings = z.looseObject({ 'lockstep.agents': z.record(z.string(), z.unknown()) });

const page = (path: string) => readFileSync(new URL(path, DOCS), 'utf8');
const jsonOf = (text: string) => [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => json);

describe('the pages about agents', () => {
  for (const preset of PRESETS)
    it(`say how ${preset} is run, and which version was`, () => {
      const text = page(`agents/${preset}.md`);
      const { command, passEnv } = PRESET_AGENTS[preset];
      const about = readFileSync(new URL(`${preset}/about.json`, RECORDED), 'utf8');
      const { package: name, version } = recorded.parse(JSON.parse(about));
      const words = text.replaceAll(/\s+/g, ' ');
      for (const said of [`\`${command.join(' ')}\``, ...passEnv.map((name) => `\`${name}\``)])
        assert.ok(text.includes(said), `${preset}: ${said}`);
      for (const said of [`npm install -g ${name}`, ` ${version} wrote of a success`])
        assert.ok(words.includes(said), `${preset}: ${said}`);
    });

  it('have settings in which nothing is wrong', () => {
    for (const name of [...PRESETS, 'acp'])
      for (const json of jsonOf(page(`agents/${name}.md`)))
        assert.deepEqual(readAgentSettings(settings.parse(JSON.parse(json))['lockstep.agents']).problems, []);
  });

  it('have lines of an own agent that are understood', () => {
    const [lines = ''] = jsonOf(page('workflows.md'));
    const read = lines
      .trimEnd()
      .split('\n')
      .map((line) => jsonlLine.parse(JSON.parse(line)).type);
    assert.deepEqual(read, ['message', 'toolCall', 'toolCall', 'usage', 'result']);
  });
});

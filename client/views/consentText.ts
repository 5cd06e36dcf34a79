import * as vscode from 'vscode';
import type { Workflow } from '../../server/protocol/workflowMethods.ts';
import type { AgentInfo } from '../services/agentModel.ts';
import { revealBidi } from '../services/plainText.ts';
import { limitName, plannedLimitText } from './limitText.ts';
import { agentText } from './runItem.ts';

/** A question that does not fit the screen cannot be answered: what is longer is to be read in the file. */
const MOST_LINES = 12;
const MOST_CHARACTERS = 400;

/** What a person is to know before a file runs that has not been run before. `folder` is where it works. */
export function consentText(workflow: Workflow, agents: readonly AgentInfo[], folder: string): string {
  const { steps, limits, maxIterations, problems } = workflow;
  const named = [...new Set(steps.map(({ agent }) => agent))];
  const checks = steps.flatMap(({ id, until }) => (until === undefined ? [] : [`${id}: ${command(until)}`]));
  const warnings = problems.filter(({ severity }) => severity === 'warning');
  return [
    vscode.l10n.t('Folder: {0}', oneLine(folder)),
    ...list(
      vscode.l10n.t('Agents:'),
      named.map((name) => agentLine(name, agents)),
    ),
    ...list(
      vscode.l10n.t('Commands that a shell runs after iterations, to see whether a step is done:'),
      checks,
    ),
    ...list(vscode.l10n.t('Environment variables that it sets:'), environment(steps)),
    vscode.l10n.t('Permissions: {0}', permissionText(workflow.permissions)),
    vscode.l10n.t('Limits:'),
    indented(vscode.l10n.t('Iterations: at most {0} (enforced by Lockstep)', maxIterations)),
    ...limits.map((limit) => indented(`${limitName(limit.name)}: ${plannedLimitText(limit)}`)),
    ...list(
      vscode.l10n.t('Warnings:'),
      warnings.map(({ message }) => oneLine(message)),
    ),
  ].join('\n');
}

/** Nothing at all where there are no lines. */
function list(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length - MOST_LINES;
  return [
    title,
    ...lines.slice(0, MOST_LINES).map(indented),
    ...(more > 0 ? [indented(vscode.l10n.t('and {0} more: open the file to read them', more))] : []),
  ];
}

function agentLine(name: string, agents: readonly AgentInfo[]): string {
  const agent = agents.find((candidate) => candidate.name === name);
  const words = oneLine(agentText(name, agent));
  return agent === undefined ? words : `${words}: ${command(agent.command.map(quoted).join(' '))}`;
}

/** What variables the file sets, and for which steps: most have the same. */
function environment(steps: Workflow['steps']): string[] {
  const variables = new Map<string, string[]>();
  for (const { id, env } of steps)
    for (const [name, value] of Object.entries(env)) {
      const text = `${name}=${command(quoted(value))}`;
      variables.set(text, [...(variables.get(text) ?? []), id]);
    }
  return [...variables].map(([text, ids]) =>
    ids.length === steps.length ? text : `${oneLine(ids.join(', '))}: ${text}`,
  );
}

/** So that arguments with spaces do not look like several. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : JSON.stringify(argument);
}

function permissionText(policy: Workflow['permissions']): string {
  switch (policy) {
    case 'ask':
      return vscode.l10n.t('an agent that asks waits for your answer');
    case 'refuse':
      return vscode.l10n.t('what agents ask for is refused');
    case 'allow':
      return vscode.l10n.t('what agents ask for is allowed without asking you');
  }
}

/** The whole of it, lines told apart; where it is too long, that there is more to be read. */
function command(text: string): string {
  const line = revealBidi(text.trim()).replaceAll(/\r\n|[\n\r\u0085\u2028\u2029]/g, ' ⏎ ');
  return line.length <= MOST_CHARACTERS
    ? line
    : vscode.l10n.t(
        '{0}… ({1} characters: open the file to read them)',
        line.slice(0, MOST_CHARACTERS),
        line.length,
      );
}

function oneLine(text: string): string {
  const line = revealBidi(text).replaceAll(/\s+/g, ' ').trim();
  return line.length <= MOST_CHARACTERS ? line : `${line.slice(0, MOST_CHARACTERS - 1)}…`;
}

function indented(line: string): string {
  return `    ${line}`;
}

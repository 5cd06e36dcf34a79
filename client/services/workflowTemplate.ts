/** A workflow to begin with. It has what most need: a loop with a condition, and a gate before the next step. */
export function workflowTemplate(agent: string): string {
  return `# A workflow of Lockstep: agents in bounded loops.
name: fix-tests
description: Make the failing tests pass, then have the changes reviewed.
agent: ${JSON.stringify(agent)}

# Asked for when a run begins.
inputs:
  goal:
    description: What is to be done
    default: Make the failing tests pass.

# Of the whole run. At a limit it pauses, and can be continued with more.
maxIterations: 15
limits:
  wallClock: 1h

steps:
  - id: fix
    prompt: |
      \${inputs.goal}
      Find the cause of one failure, and mend it in the code, not in the test.
    # Exit 0 ends the loop; else the next iteration is told what was printed.
    until: npm test
    maxIterations: 10

  - id: review
    needs: [fix]
    # Waits here until you continue the run.
    gate: manual
    prompt: |
      Review the changes that are not committed yet. Answer DONE if they are fit to be
      merged, else say what is wrong, and mend it.
    untilOutput: ^DONE
    maxIterations: 3
`;
}

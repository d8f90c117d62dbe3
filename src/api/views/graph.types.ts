import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';

export enum GraphFormatEnum {
  JSON = 'JSON',
  MERMAID = 'MERMAID',
  DOT = 'DOT',
  ASCII = 'ASCII',
}
registerEnumType(GraphFormatEnum, {
  name: 'GraphFormat',
  description: 'Output format of a graph.',
  valuesConfig: {
    JSON: {
      description:
        'JSON for programs: `{ onFailure, nodes: [{ name, label, type, group, level, dependsOn, condition, onFailure, ' +
        'combinations, state }], groups: [{ name, label, type, group, workflow, condition, onFailure, state }] }`. ' +
        '`level` is null for detached tasks (failure handlers, restore tasks). `state` is null in a definition, ' +
        'otherwise `{ status, counts }`. Groups are of the type `matrix`, whose combinations are expanded, `stage`, or ' +
        '`workflow`: a task that runs a workflow, with the tasks and groups of that workflow in it. `group` names the ' +
        'innermost group that contains a node or a group. `dependsOn` has names of nodes, and of groups, which stand ' +
        'for everything in them.',
    },
    MERMAID: { description: 'Mermaid flowchart, which many wikis and code hosts render.' },
    DOT: { description: 'DOT, for Graphviz.' },
    ASCII: { description: 'Text for terminals: level by level, one line per task.' },
  },
});

export enum MatrixDisplay {
  COLLAPSED = 'COLLAPSED',
  EXPANDED = 'EXPANDED',
}
registerEnumType(MatrixDisplay, {
  name: 'MatrixDisplay',
  description: 'Display of the combinations of a matrix.',
  valuesConfig: {
    COLLAPSED: { description: 'One node, with the number of combinations and their statuses.' },
    EXPANDED: { description: 'One node for each combination.' },
  },
});

export enum CalledWorkflowDisplay {
  COLLAPSED = 'COLLAPSED',
  EXPANDED = 'EXPANDED',
}
registerEnumType(CalledWorkflowDisplay, {
  name: 'CalledWorkflowDisplay',
  description: 'Display of tasks that run a workflow.',
  valuesConfig: {
    COLLAPSED: { description: 'One node for the task.' },
    EXPANDED: { description: 'A box for the task, with the tasks of the workflow in it.' },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'Graph of a workflow or pipeline as text, for a tool or a person.',
})
export class WorkflowGraphText {
  @Field(() => GraphFormatEnum, { description: 'Output format.' })
  format!: string;

  @Field(() => String, {
    description: 'Graph. Names and labels are escaped, so no name in a definition can break the syntax.',
  })
  text!: string;

  @Field(() => Int, { description: 'Number of nodes.' })
  nodeCount!: number;
}

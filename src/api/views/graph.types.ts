import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';

export enum GraphFormatEnum {
  JSON = 'JSON',
  MERMAID = 'MERMAID',
  DOT = 'DOT',
  ASCII = 'ASCII',
}
registerEnumType(GraphFormatEnum, {
  name: 'GraphFormat',
  description: 'What a graph is written in.',
  valuesConfig: {
    JSON: {
      description:
        'For programs: `{ onFailure, nodes: [{ name, label, type, group, level, dependsOn, condition, onFailure, combinations, state }] }`. `level` is null for what stands beside ' +
        'the graph (failure handlers, restore tasks); `state` is null in a definition, else `{ status, counts }`. `dependsOn` has names of nodes, and of groups, which mean ' +
        'all that is in them: a matrix whose combinations are expanded, or a stage.',
    },
    MERMAID: { description: 'A Mermaid flowchart, which many wikis and code hosts draw.' },
    DOT: { description: 'For Graphviz.' },
    ASCII: { description: 'For terminals: level by level, one line for each task.' },
  },
});

export enum MatrixDisplay {
  COLLAPSED = 'COLLAPSED',
  EXPANDED = 'EXPANDED',
}
registerEnumType(MatrixDisplay, {
  name: 'MatrixDisplay',
  description: 'How the combinations of a matrix are shown.',
  valuesConfig: {
    COLLAPSED: { description: 'One node, with how many combinations it has, and how many of them stand how.' },
    EXPANDED: { description: 'A node for each combination.' },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'The graph of a workflow or pipeline, written for a tool or a person.',
})
export class WorkflowGraphText {
  @Field(() => GraphFormatEnum, { description: 'What it is written in.' })
  format!: string;

  @Field(() => String, {
    description:
      'The graph. Names and labels in it are escaped: none can break out of its place, whatever a definition calls its tasks.',
  })
  text!: string;

  @Field(() => Int, { description: 'How many nodes it has.' })
  nodeCount!: number;
}

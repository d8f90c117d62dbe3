import { Field, ID, InterfaceType } from 'type-graphql';

@InterfaceType('Node', { description: 'Object that `node` finds by its ID alone, as Relay expects.' })
export abstract class NodeInterface {
  @Field(() => ID, { description: 'Unique ID, assigned by the server.' })
  id!: string;
}

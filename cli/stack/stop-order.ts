/**
 * The order in which the servers of a stack are stopped, each group after the one before. The configurator first: it
 * would give the partitions of each messaging server that stops to those that do not yet. Then who takes something
 * from clients; profile last, since the others check tokens with its keys.
 */
export const stopOrder: readonly (readonly string[])[] = [
  ['configurator'],
  ['connect', 'messaging'],
  ['materialize', 'history'],
  ['profile'],
];

import kafkajs, { type ICustomPartitioner } from 'kafkajs';
import type { RoutedMessage } from './convert.ts';

/** A sink's own choice where it has one, else the partition that Java would choose (murmur2 of the key). */
export const createPartitioner: ICustomPartitioner = () => {
  const byKey = kafkajs.Partitioners.DefaultPartitioner();
  return (args) => {
    const { choosePartition }: RoutedMessage = args.message;
    return choosePartition ? choosePartition(args.partitionMetadata.length) : byKey(args);
  };
};

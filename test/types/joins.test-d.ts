import {
  joinWindows,
  type KStream,
  type KTable,
  type Serde,
  StreamsBuilder,
  stringSerde,
} from '../../src/topology/index.ts';

interface Click {
  readonly page: string;
}
interface User {
  readonly name: string;
}
declare const clickSerde: Serde<Click>;
declare const userSerde: Serde<User>;
declare const numberSerde: Serde<number>;
declare const keySerde: Serde<string>;

/** Compiles only if both types are one. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_proof: Same<A, B>): void {}

const builder = new StreamsBuilder();
const clicks = builder.stream('clicks', { key: keySerde, value: clickSerde });
const texts = builder.stream('texts', { key: keySerde, value: stringSerde });
const users = builder.table('users', { key: keySerde, value: userSerde });
const numbered = builder.table('numbered', { key: numberSerde, value: userSerde });
const pages = builder.globalTable('pages', { key: numberSerde, value: stringSerde });
const windows = joinWindows({ beforeMs: 5, afterMs: 5, graceMs: 0 });

// Stream and stream: values without null, for those are left out; a missing partner is null.
const inner = clicks.join(texts, (click, text, key) => `${key}${click.page}${text.length}`, windows);
same<typeof inner, KStream<string, string>>(true);
const left = clicks.leftJoin(texts, (click, text) => ({ page: click.page, text }), windows);
same<typeof left, KStream<string, { page: string; text: string | null }>>(true);
const outer = clicks.outerJoin(texts, (click, text) => click?.page ?? text, windows);
same<typeof outer, KStream<string, string | null>>(true);
// @ts-expect-error the right value may be missing
clicks.leftJoin(texts, (_click, text) => text.length, windows);
// @ts-expect-error the left value may be missing
clicks.outerJoin(texts, (click) => click.page, windows);
// @ts-expect-error the left value is a click
clicks.join(texts, (click: User) => click.name, windows);
// @ts-expect-error how far apart records may be must be said
clicks.join(texts, (click) => click.page);
// @ts-expect-error no serde of the right values
clicks.join(texts, (click) => click.page, windows, { otherValue: clickSerde });
const byPage = texts.selectKey((text) => text?.length ?? 0);
// @ts-expect-error the keys are not of one type
clicks.join(byPage, (click) => click.page, windows);

// Stream and table.
const named = clicks.join(users, (click, user) => `${user.name} at ${click.page}`);
same<typeof named, KStream<string, string>>(true);
const maybeNamed = clicks.leftJoin(users, (_click, user) => user);
same<typeof maybeNamed, KStream<string, User | null>>(true);
// @ts-expect-error the row may be missing
clicks.leftJoin(users, (_click, user) => user.name);
// @ts-expect-error the row is a user
clicks.join(users, (_click, user: Click) => user.page);
// @ts-expect-error the keys are not of one type
clicks.join(numbered, (click) => click.page);
// @ts-expect-error no serde of clicks
clicks.join(users, (click) => click.page, { value: userSerde });

// Stream and global table: whichever key is chosen for each record.
const titled = clicks.join(
  pages,
  (click) => click.page.length,
  (click, title) => `${click.page}: ${title}`,
);
same<typeof titled, KStream<string, string>>(true);
const maybeTitled = clicks.leftJoin(
  pages,
  (click, key) => click.page.length + key.length,
  (_click, title) => title,
);
same<typeof maybeTitled, KStream<string, string | null>>(true);
const byName = (click: Click) => click.page;
// @ts-expect-error the global table's keys are numbers
clicks.join(pages, byName, (click, title) => `${click.page}: ${title}`);

// Table and table.
const names = users.mapValues((user) => user.name);
const both = users.join(names, (user, name) => user.name === name);
same<typeof both, KTable<string, boolean>>(true);
const maybeBoth = users.leftJoin(names, (user, name) => ({ user, name }));
same<typeof maybeBoth, KTable<string, { user: User; name: string | null }>>(true);
const either = users.outerJoin(names, (user, name) => user?.name ?? name);
same<typeof either, KTable<string, string>>(true);
// @ts-expect-error the right row may be missing
users.leftJoin(names, (user, name) => user.name + name.length);
// @ts-expect-error the left row may be missing
users.outerJoin(names, (user) => user.name);
// @ts-expect-error the keys are not of one type
users.join(numbered, (user, other) => user.name + other.name);
// @ts-expect-error no serde of what the joiner makes
users.join(names, (user) => user.name, { materialized: { as: 'both', value: numberSerde } });

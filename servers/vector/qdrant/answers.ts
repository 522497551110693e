import { type Static, Type } from "typebox";

/** What Qdrant answers, as far as it is looked at. Source: Qdrant's OpenAPI description, versions 1.10 to 1.19. */
export const Welcome = Type.Object({ title: Type.String(), version: Type.String() });

export const PointId = Type.Union([Type.String(), Type.Integer()]);
export type PointId = Static<typeof PointId>;

/** Numbers are not looked at one by one: there are a thousand of them in each row. */
const Numbers = Type.Unsafe<readonly number[]>({ type: "array" });
const Payload = Type.Unsafe<Readonly<Record<string, unknown>>>({ type: "object" });

export const Point = Type.Object({
  id: PointId,
  payload: Type.Optional(Type.Union([Payload, Type.Null()])),
  vector: Type.Optional(Type.Union([Type.Object({ dense: Type.Optional(Numbers) }), Type.Null(), Type.Array(Type.Unknown(), { maxItems: 0 })])),
});
export type Point = Static<typeof Point>;
export const Points = Type.Array(Point);

export const Page = Type.Object({ points: Points, next_page_offset: Type.Optional(Type.Union([PointId, Type.Null()])) });

export const Ranking = Type.Object({ points: Type.Array(Type.Object({ id: PointId, score: Type.Number() })) });
export type Ranking = Static<typeof Ranking>;
export const Rankings = Type.Array(Ranking);

export const Count = Type.Object({ count: Type.Integer({ minimum: 0 }) });
export const Config = Type.Object({
  config: Type.Object({ params: Type.Object({ vectors: Type.Optional(Type.Union([Type.Object({ dense: Type.Optional(Type.Object({ size: Type.Integer() })) }), Type.Null()])) }) }),
});
export const Names = Type.Object({ collections: Type.Array(Type.Object({ name: Type.String() })) });

/** Of a write: `completed`, or something else when the server has it in hand, but would not let us wait for it. */
export const Written = Type.Object({ status: Type.String() });
export const Done = Type.Literal(true);

/** The body of an error. */
export const Refusal = Type.Object({ status: Type.Object({ error: Type.String() }) });

import { STORES } from "../../stores.ts";
import { drain } from "../load/drain.ts";
import type { Scenario } from "../scenario.ts";

const GROUPS = 50;
const EVENTS = 1000;
/** A run of half the time drains a quarter of the events. */
const FULL_SECONDS = 30;
const CONSUMERS = 16;
const MAX_PROCESSING = 100;

/** The consumers are what fails: they give back, hang, and disconnect with unacknowledged events. */
function groupsDrain(store: keyof typeof STORES, about: string): Scenario {
  return {
    name: `groups-${store}`,
    about: `${about}; ${CONSUMERS} consumers that fail drain ${GROUPS} groups of ${EVENTS} events`,
    async open(stack) {
      const { url, instances } = await STORES[store](stack);
      const permissions = ["--allow-net", "--allow-read", "--allow-write"];
      let drains = 0;
      return {
        instances: Array.from({ length: instances }, () => ({ store: url, permissions })),
        async fault({ seconds, random, okqs, history, note, expect }) {
          const groupLimit = random.between(1, 3);
          const { acknowledged, deliveries, killed, outOfTurn, mostOfGroup } = await drain({
            addrs: okqs.map(({ addr }) => addr),
            queue: `${store}-drained-${++drains}`,
            history,
            groups: GROUPS,
            events: Math.ceil(EVENTS * Math.min(1, seconds / FULL_SECONDS) ** 2),
            groupLimit,
            maxProcessing: MAX_PROCESSING,
            consumers: CONSUMERS,
            random: random.fork(),
          });
          note(
            `${acknowledged} events, ${deliveries} deliveries, ${killed} killed, limit ${groupLimit}: ${mostOfGroup}`,
          );
          expect(outOfTurn === 0, `${outOfTurn} deliveries are out of turn with limit ${groupLimit}`);
          expect(mostOfGroup <= groupLimit, `${mostOfGroup} events of a group with limit ${groupLimit}`);
        },
      };
    },
  };
}

export const groupsRedis: Scenario = groupsDrain("redis", "Two instances on one Redis");
export const groupsSqlite: Scenario = groupsDrain("sqlite", "One instance with the embedded store");

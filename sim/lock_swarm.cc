// How a seed shapes the lock service and its load.
#include "sim/lock_world.h"

namespace paxos::sim {
namespace {

void DrawTinyTables(Random& random, LockSwarm& world) {
  SessionTableOptions& sessions = world.server.sessions;
  sessions.sessions_max = LogUniform(random, 2, 64);
  sessions.calls_per_session_max = LogUniform(random, 2, 64);
  sessions.ends_per_tick_max = LogUniform(random, 1, 4);
  world.client.window = random.Between(1, sessions.calls_per_session_max);
  world.client.calls_max = LogUniform(random, 8, 64);
  world.server.locks.locks_max = LogUniform(random, 1, 64);
  world.server.locks.locks_per_session_max = LogUniform(random, 1, 8);
  world.server.locks.waiters_per_lock_max = LogUniform(random, 1, 16);
  world.server.locks.waits_per_session_max = LogUniform(random, 1, 8);
  world.server.requests.requests_max = LogUniform(random, 2 * world.clients, 8 * world.clients);
  world.server.requests.requests_per_connection_max = LogUniform(random, 2, 32);
  world.server.keeper.sessions_per_renew_max = LogUniform(random, 1, 8);
  world.server.keeper.keep_alives_max = LogUniform(random, 2, 64);
  sessions.ttl_max = std::chrono::duration_cast<milliseconds>(
      LogUniform(random, Duration{sessions.ttl_min}, seconds{12}));
  sessions.weight_per_tick_max = LogUniform(random, 1, 16);
  sessions.reply_bytes_per_session_max = LogUniform(random, 256, 8192);
  sessions.reply_bytes_max = LogUniform(random, 2048, 65536);
  world.server.locks.waiters_max = LogUniform(random, 2, 64);
  world.server.locks.note_bytes_max = LogUniform(random, 16, 4096);
}

// About what one command takes: to the leader, to a quorum's disks and back.
Duration CommandTime(const Swarm& swarm) {
  const LinkOptions& link = swarm.network.link;
  const DiskOptions& disk = swarm.disk;
  return 2 * (link.latency_min + 2 * link.latency_mean) + disk.sync_min + 2 * disk.sync_mean +
         disk.report_max + 3 * swarm.turn_max;
}

}  // namespace

LockSwarm DrawLockSwarm(const Swarm& swarm) {
  const Chance chance(swarm.seed);
  LockSwarm world;
  Random load = chance.Of(Subject::kWorkload, 1);
  world.clients = LogUniform(load, 2, swarm.classes.Has(FaultClass::kTinyKnobs) ? 12 : 32);
  world.user.hot_locks = load.Between(1, 4);
  world.user.cold_locks = LogUniform(load, 1, 10'000);
  // The more clients, the less each does: about twenty-two calls a second in all.
  world.user.think_mean = milliseconds{45} * static_cast<int>(world.clients);
  const Duration election = swarm.replica.election_timeout_max;
  world.user.ttl_min = election / 2;
  world.user.ttl_max = std::min<Duration>(20 * election, seconds{12});

  Random times = chance.Of(Subject::kWorkload, 2);
  world.server.sessions.ttl_min =
      std::chrono::duration_cast<milliseconds>(LogUniform(times, election / 2, 2 * election));
  world.server.keeper.renew_period_max = LogUniform(times, milliseconds{10}, seconds{1});
  world.server.keeper.tick_interval = LogUniform(times, milliseconds{1}, milliseconds{50});
  // Simulated clocks are read exactly, unless they are coarse.
  world.client.epsilon = swarm.classes.Has(FaultClass::kCoarse) ? 10 * kGranuleMax : Duration{};
  world.client.connect_timeout = LogUniform(times, milliseconds{50}, seconds{2});
  world.client.answer_timeout =
      4 * CommandTime(swarm) + LogUniform(times, milliseconds{100}, seconds{3});
  world.client.backoff_min = LogUniform(times, milliseconds{5}, milliseconds{50});
  world.client.backoff_max = LogUniform(times, milliseconds{100}, seconds{1});
  for (std::uint64_t i = 1; i <= swarm.nodes; ++i) {
    world.server.nodes[NodeId{i}] = {EndpointOf(NodeId{i}), EndpointOf(NodeId{i})};
    world.client.endpoints.push_back(EndpointOf(NodeId{i}));
  }

  // A client that waits for much names no longer every wait in each call.
  Random more = chance.Of(Subject::kWorkload, 4);
  if (more.Chance(1, 4)) world.user.pending_max = LogUniform(more, 5, 24);
  // The servers may lower a TTL as well as raise it (S17).
  if (more.Chance(1, 4))
    world.server.sessions.ttl_max = std::chrono::duration_cast<milliseconds>(
        LogUniform(more, world.server.sessions.ttl_min, 2 * world.user.ttl_max));

  Random tiny = chance.Of(Subject::kWorkload, 3);
  if (swarm.classes.Has(FaultClass::kTinyKnobs)) DrawTinyTables(tiny, world);
  return world;
}

}  // namespace paxos::sim

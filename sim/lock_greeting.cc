#include "sim/lock_greeting.h"

#include "net/hello.h"

namespace paxos::sim {
namespace {

constexpr ClusterId kCluster{1};

net::Hello HelloOf(NodeId node, std::uint64_t nonce, PersistSeq durable) {
  return {.role = net::Role::kPeer,
          .protocol = net::kProtocolVersion,
          .cluster = kCluster,
          .node = node,
          .start_nonce = nonce,
          .durable = durable};
}

}  // namespace

// The peer judges the hello; the node, if it is refused, the refusal.
Status JudgeGreeting(const Greeting& greeting) {
  net::KnownNode known;
  known.Note(greeting.remembered);
  const net::Hello hello = HelloOf(greeting.node, greeting.life, greeting.durable);
  const Status judged = net::CheckHello(hello, {.role = net::Role::kPeer,
                                                .cluster = kCluster,
                                                .self = greeting.by,
                                                .node = {},
                                                .members = {{{greeting.node, known}}}});
  if (judged.ok()) return judged;
  const net::HelloRefused refused{.code = judged.code(),
                                  .text = judged.message(),
                                  .by = HelloOf(greeting.by, 0, PersistSeq{}),
                                  .remembered = greeting.remembered};
  return net::JudgeRefusal(refused, greeting.durable_by_now);
}

}  // namespace paxos::sim

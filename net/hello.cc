#include "net/hello.h"

#include <algorithm>

namespace paxos::net {
namespace {

std::string Text(std::uint64_t number) { return std::to_string(number); }

std::string NodeText(NodeId node) { return "node " + Text(node.value()); }

Status Foreign(std::string text) { return {ErrorCode::kForeign, std::move(text)}; }

Status CheckRole(const Hello& hello, const HelloExpectations& expected) {
  if (hello.role == Role::kPeer && hello.node == NodeId{}) {
    return {ErrorCode::kDamaged, "a peer without a node id"};
  }
  if (!expected.role.has_value() || hello.role == *expected.role) return Status::Ok();
  return {ErrorCode::kNotPermitted,
          "this port is for a " + ShortText(*expected.role) + ", not a " + ShortText(hello.role)};
}

Status CheckCluster(const Hello& hello, const HelloExpectations& expected) {
  const bool takes_any = hello.role == Role::kClient && hello.cluster == ClusterId{};
  if (!expected.cluster.has_value() || takes_any || hello.cluster == *expected.cluster) {
    return Status::Ok();
  }
  return Foreign("cluster " + Text(hello.cluster.value()) + ", this is cluster " +
                 Text(expected.cluster->value()));
}

// [N1] The disk must be the one that its id names: a member's, with all it ever said it had, and
// used by one process at a time.
Status CheckMember(const Hello& hello, const KnownNode& known) {
  if (hello.durable < known.durable) {
    return {ErrorCode::kDamaged, NodeText(hello.node) + "'s disk holds writes up to " +
                                     Text(hello.durable.value()) + ", but was seen to hold up to " +
                                     Text(known.durable.value()) +
                                     ": it was rolled back or replaced [N1]"};
  }
  if (known.superseded.contains(hello.start_nonce)) {
    return {ErrorCode::kConflict,
            "another process runs as " + NodeText(hello.node) + ", on a copy of its disk [N1]"};
  }
  return Status::Ok();
}

Status CheckNode(const Hello& hello, const HelloExpectations& expected) {
  if (hello.role != Role::kPeer) return Status::Ok();
  if (hello.node == expected.self) {
    return {ErrorCode::kNotFound, NodeText(hello.node) + " is this node itself"};
  }
  if (!expected.members.has_value()) return Status::Ok();
  const bool is_known = hello.genesis != GenesisDigest{} && expected.genesis != GenesisDigest{};
  if (is_known && hello.genesis != expected.genesis) {
    return Foreign(NodeText(hello.node) +
                   " goes by other members or another alpha than this node: their cluster files "
                   "differ [M1]");
  }
  const auto known = expected.members->find(hello.node);
  if (known == expected.members->end()) return Foreign(NodeText(hello.node) + " is no member");
  if (expected.node.has_value() && hello.node != *expected.node) {
    return {ErrorCode::kNotFound,
            NodeText(hello.node) + " answers where " + NodeText(*expected.node) + " was expected"};
  }
  return CheckMember(hello, known->second);
}

}  // namespace

bool IsKnown(Role role) { return role == Role::kPeer || role == Role::kClient; }

std::string ShortText(Role role) { return role == Role::kPeer ? "peer" : "client"; }

// Few enough to remember all: a node restarts rarely, and an old nonce that is forgotten only
// loses a diagnosis.
constexpr std::size_t kSupersededMax = 64;

void KnownNode::Note(const Hello& hello) {
  Note(hello.durable);
  if (start_nonce == hello.start_nonce) return;
  if (start_nonce != 0 && superseded.size() < kSupersededMax) superseded.insert(start_nonce);
  start_nonce = hello.start_nonce;
}

void KnownNode::Note(PersistSeq seen) { durable = std::max(durable, seen); }

Status CheckHello(const Hello& hello, const HelloExpectations& expectations) {
  if (hello.protocol != kProtocolVersion) {
    return Foreign("protocol version " + Text(hello.protocol) + ", this is version " +
                   Text(kProtocolVersion));
  }
  for (const auto check : {CheckCluster, CheckRole, CheckNode}) {
    if (Status status = check(hello, expectations); !status.ok()) return status;
  }
  return Status::Ok();
}

Status JudgeRefusal(const HelloRefused& refused, PersistSeq durable) {
  const std::string by =
      "refused by " + ShortText(refused.by.role) + " " + ShortText(refused.by.node) + ": ";
  if (refused.code == ErrorCode::kDamaged && refused.remembered <= durable)
    return {ErrorCode::kUnavailable, by + "our hello was older than what it had heard of us"};
  return {refused.code, by + refused.text};
}

}  // namespace paxos::net

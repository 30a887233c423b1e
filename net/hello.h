// The first frame in each direction of every connection: who speaks, for which cluster, in which
// version, and how much its disk remembers. Each side judges the other's before anything else.
//
//   dialer                                 listener
//     | Hello  -------------------------->  |  CheckHello
//     |  <------------------------- Hello   |  accepted: frames flow
//     |  <-------------- or HelloRefused    |  not: why, and who says so; then it closes
//     |                                     |
//     |  CheckHello                         |
//     | HelloRefused, if not accepted --->  |
//
// This is where rule N1 is enforced between processes: a NodeId names a disk, and a disk that comes
// back with less than its peers have seen it remember is not that disk any more.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "paxos/genesis.h"
#include "paxos/result.h"
#include "paxos/types.h"

namespace paxos::net {

// The version of what is said after the hello; the frame header has one of its own.
inline constexpr std::uint32_t kProtocolVersion = 1;

enum class Role : std::uint8_t { kPeer = 1, kClient = 2 };
bool IsKnown(Role role);
std::string ShortText(Role role);

struct Hello {
  static constexpr const char* kName = "Hello";
  Role role = Role::kClient;  // a server's answer to a client says kPeer
  std::uint32_t protocol = kProtocolVersion;
  ClusterId cluster{};            // 0: a client that takes any
  NodeId node{};                  // 0: a client
  GenesisDigest genesis{};        // of a peer's members and window; 0: not said
  std::uint64_t start_nonce = 0;  // drawn at the start of the process
  PersistSeq durable{};           // what a peer's disk holds now
  friend bool operator==(const Hello&, const Hello&) = default;
};

// The answer to a hello that cannot be accepted. For the refused node, kForeign: wrong cluster,
// version or node; kDamaged: its disk lost what it had promised (N1); kConflict: another process
// runs as that node; kNotFound: it is not the node that was dialed; kNotPermitted: this port is not
// for its role; kOverloaded: no room now.
struct HelloRefused {
  static constexpr const char* kName = "HelloRefused";
  ErrorCode code = ErrorCode::kForeign;
  std::string text{};
  Hello by{};               // judged like any hello: a stranger's refusal says nothing about us
  PersistSeq remembered{};  // kDamaged: what the refused node's disk was seen to hold
  friend bool operator==(const HelloRefused&, const HelloRefused&) = default;
};

// A hello is a few dozen bytes, a refusal a sentence.
inline constexpr std::uint32_t kHelloBytesMax = 1024;

// What is known of a member before it says hello.
struct KnownNode {
  PersistSeq durable{};  // the most it was ever seen to have
  // Processes that ran as this node before the present one; they must not come back.
  std::uint64_t start_nonce = 0;
  std::set<std::uint64_t> superseded{};

  // Takes in a hello that was accepted.
  void Note(const Hello& hello);
  // Takes in a durable seq that the node was heard to have, by itself or through gossip.
  void Note(PersistSeq seen);
};

// What the side that judges a hello goes by.
struct HelloExpectations {
  std::optional<Role> role{};          // nothing: any
  std::optional<ClusterId> cluster{};  // nothing: any (a client that was told none)
  NodeId self{};                       // refused as a remote: we would talk to ourselves
  std::optional<NodeId> node{};        // the one that was dialed
  GenesisDigest genesis{};             // 0: any
  // The peers there are; nothing: any.
  std::optional<std::map<NodeId, KnownNode>> members{};
};

// What a refusal means to the node refused, whose disk holds `durable` by now. Only that node can
// judge kDamaged: a hello says what the disk held when it was sent, and gossip may have overtaken
// it. What anybody remembers was durable before it was said, so a disk that holds less lost it, and
// one that holds as much was merely greeted late (kUnavailable: dial again). [N1]
Status JudgeRefusal(const HelloRefused& refused, PersistSeq durable);

// Whether to talk to whoever says `hello`. Pure. The Status's code is what HelloRefused carries.
Status CheckHello(const Hello& hello, const HelloExpectations& expectations);

template <class Archive>
void serialize(Archive& ar, Hello& h, unsigned /*version*/) {
  ar& Named("role", h.role) & Named("protocol", h.protocol) & Named("cluster", h.cluster) &
      Named("node", h.node) & Named("genesis", h.genesis) & Named("start_nonce", h.start_nonce) &
      Named("durable", h.durable);
}
template <class Archive>
void serialize(Archive& ar, HelloRefused& r, unsigned /*version*/) {
  ar& Named("code", r.code) & Named("text", r.text) & Named("by", r.by) &
      Named("remembered", r.remembered);
}

}  // namespace paxos::net

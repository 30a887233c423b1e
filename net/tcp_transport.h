// Transport over TCP: how the replicas of a cluster reach each other.
//
// One connection per pair: the node with the lower id dials, the other listens, both send on it.
// So an answer carries the acknowledgement of what it answers, and no tie has to be broken when two
// nodes dial each other at once (README: decisions).
//
// A message is best effort: while the link is down, and beyond the queue's bound, it is dropped
// (the newest, since what is queued is partly on its way); the protocol retransmits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "net/address.h"
#include "net/connection.h"
#include "net/hello.h"
#include "paxos/transport.h"

namespace paxos::net {

class Mesh;
class Runtime;

// What the transport tells its owner, always from the loop, never from inside Send.
class PeerEvents {
 public:
  virtual ~PeerEvents() = default;
  // Its `from` is the node that said hello on that connection, its `to` is this node.
  virtual void OnEnvelope(const Envelope& envelope) = 0;
  // Hellos were exchanged; the connection ended (its process did, or the network said so).
  virtual void OnLinkUp(NodeId peer) = 0;
  virtual void OnLinkDown(NodeId peer) = 0;
  // What this node goes by, as its peers must: goes into every hello (0: not compared).
  [[nodiscard]] virtual GenesisDigest Genesis() const = 0;
  // What this node's disk holds now: goes into every hello.
  [[nodiscard]] virtual PersistSeq Durable() const = 0;
  // The most that `peer`'s disk was ever heard to hold (Replica::RememberedDurable, N1): a hello
  // that brings less is refused.
  [[nodiscard]] virtual PersistSeq Remembered(NodeId peer) const = 0;

  // For logs: no link to `peer` because a hello was refused, by it or by us. Tried again.
  virtual void OnHelloRefused(NodeId peer, const Status& why) = 0;
  // This node cannot be part of the cluster as it is, and its process should end. Called once.
  // kDamaged: a peer remembers more than this disk holds (N1, exit code 65). kConflict: another
  // process runs as this node. kForeign: most peers belong to another cluster, speak another
  // version, go by other members, or do not know this node (exit code 76).
  virtual void OnCastOut(const Status& why) = 0;
};

struct TcpTransportOptions {
  NodeId self{};
  ClusterId cluster{};
  GroupId group{};
  Address listen{};
  std::map<NodeId, Address> peers{};  // all members but self; those below self dial us

  // Seeds the back-off and, if `start_nonce` is 0, the nonce of this process. 0: from the system.
  std::uint64_t seed = 0;
  std::uint64_t start_nonce = 0;

  // Queued bytes per peer that the socket has not taken yet; more is dropped. Holds the window of
  // a leader many times over.
  std::size_t queue_bytes_max = std::size_t{8} << 20;

  // The largest message, the same on all nodes; a larger one is dropped. Nearly all are far below,
  // but a Promise holds up to 2 alpha batches (rule P3), 33 MiB by default, and a node whose
  // Promise does not fit a frame could never help to elect a leader. Only accepted peers may send
  // it.
  std::uint32_t message_bytes_max = std::uint32_t{64} << 20;

  // A link that breaks is dialed again at once; after that each attempt waits a random time in
  // [half, whole] of a delay that doubles from the first to the last.
  Duration redial_first = std::chrono::milliseconds{10};
  Duration redial_last = std::chrono::milliseconds{200};
  Duration connect_time_max = std::chrono::seconds{1};

  // See ConnectionOptions. Shorter than for clients: a link that was cut is worth dialing anew
  // soon.
  Duration unacknowledged_max = std::chrono::seconds{2};

  Duration greeting_time_max = std::chrono::seconds{10};

  // Incoming connections, peers and strangers together.
  std::size_t connections_max = 256;
};

struct TcpTransportStats {
  std::uint64_t frames_sent = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t frames_dropped_full = 0;  // beyond queue_bytes_max or message_bytes_max
  std::uint64_t frames_dropped_down = 0;  // no link at the time
  std::uint64_t dials = 0;
  std::uint64_t dials_failed = 0;
  std::uint64_t hellos_refused = 0;    // of peers by us, or ours by peers
  std::uint64_t greetings_failed = 0;  // that came in: silence, garbage, hellos not accepted
  std::uint64_t links_up = 0;          // now
};

class TcpTransport final : public Transport {
 public:
  TcpTransport(Runtime& runtime, const TcpTransportOptions& options);
  ~TcpTransport() override;
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;

  // Listens, and dials the peers above self. kIo if the port cannot be had. `events` must outlive
  // the transport. Before this, Send drops.
  Status Start(PeerEvents& events);

  void Send(Envelope envelope) override;

  // Where peers reach this node; with the port that was given, if 0 was asked for. After Start.
  [[nodiscard]] const Address& address() const;
  // `peer` moved; the next dial goes there. For tests and for clusters whose addresses change.
  void SetPeerAddress(NodeId peer, const Address& address);

  [[nodiscard]] TcpTransportStats stats() const;

 private:
  std::unique_ptr<Mesh> mesh_;
};

}  // namespace paxos::net

// The requests that a server still owes an answer, and to whom. One answer each. When a connection
// closes, its requests are forgotten (its client asks again elsewhere, rule X1), but for the calls
// that are on their way through the log: if their client comes back before they are through, it
// attaches to them. Without that, a queue longer than the clients' patience would be filled with
// copies of what is in it, and nobody would be answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "lockservice/operation.h"
#include "lockservice/protocol.h"

namespace lockservice {

// A client's connection to this process; never reused. Numbered by whoever accepts them, from 1.
using ConnectionId = paxos::StrongId<struct ConnectionTag>;

// Names a pending request of this process. One counter serves for all: towards the node the same
// number is a ProposalId or a ReadId, towards the keeper a KeepAliveTag.
using PendingId = paxos::StrongId<struct PendingTag>;

struct RequestTableOptions {
  // Pending requests of all connections, waiting acquires included; more: kOverloaded. A pending
  // request takes about 300 bytes. At least 2.
  std::size_t requests_max = 262'144;
  // Of one connection, so that no client can take all; a session's window is 1,024 calls. At
  // least 2.
  std::size_t requests_per_connection_max = 16'384;
  // A quarter of both is kept from acquires that wait, or they could keep out the releases that
  // they wait for. One that would wait beyond is told kWaitsUnwatched; it keeps its place in the
  // lock's queue, and its client asks again.
};

// Who gets the answer.
struct Asker {
  ConnectionId connection{};
  RequestId request{};
  friend bool operator==(const Asker&, const Asker&) = default;
};

// Names a call of the cluster (rule X1).
struct CallKey {
  paxos::SessionId session{};
  std::uint64_t seq = 0;
  friend auto operator<=>(const CallKey&, const CallKey&) = default;
};

struct PendingRequest {
  Asker asker{};
  // A call or cancel; a read; or one that only its id names (open, close, keep-alive).
  std::variant<std::monostate, CallKey, Query> subject{};
  bool waiting = false;  // applied without a reply yet: it comes through another command

  [[nodiscard]] const CallKey* call() const { return std::get_if<CallKey>(&subject); }
  // Its connection closed, and its client has not come back for it.
  [[nodiscard]] bool IsOrphan() const { return asker.connection == ConnectionId{}; }
};

class RequestTable {
 public:
  explicit RequestTable(const RequestTableOptions& options) : options_(options) {}

  // An id that no request has or will have.
  PendingId NextId() { return ++last_id_; }

  // None: a bound is reached. At most one pending request per CallKey: ask FindCall first.
  std::optional<PendingId> Add(PendingRequest request);

  // Null: no such request is pending. Valid until the table changes.
  [[nodiscard]] PendingRequest* Find(PendingId id);
  [[nodiscard]] std::optional<PendingId> FindCall(const CallKey& key) const;

  // The call was applied and waits for its reply. False: too many wait; it is removed.
  bool Park(PendingId id);

  // The answer goes to `asker` from now on, unless a newer connection has asked already: clients do
  // not go back to one that they left, but what they sent there may arrive late, and its end behind
  // it would take the wait along. False: `asker`'s connection has too many; nothing changed.
  bool Reattach(PendingId id, const Asker& asker);

  // Removes it, to be answered; none if it is not pending (any more).
  std::optional<PendingRequest> Take(PendingId id);
  std::optional<PendingRequest> TakeCall(const CallKey& key);
  // In the order in which they came.
  std::vector<PendingRequest> TakeAll();

  // The connection is gone: its calls that have no outcome yet become orphans, the rest is
  // forgotten.
  void Drop(ConnectionId connection);

  [[nodiscard]] std::size_t size() const { return requests_.size(); }

 private:
  struct PerConnection {
    std::set<PendingId> requests{};
    std::size_t waiting = 0;
  };
  [[nodiscard]] bool IsFull(ConnectionId connection) const;
  [[nodiscard]] bool HasRoomToWait(ConnectionId connection) const;
  void Link(PendingId id, const PendingRequest& request);
  void Unlink(PendingId id, const PendingRequest& request);

  RequestTableOptions options_;
  PendingId last_id_{};
  std::map<PendingId, PendingRequest> requests_;
  std::map<CallKey, PendingId> calls_;
  std::map<ConnectionId, PerConnection> by_connection_;  // orphans have none
  std::size_t waiting_ = 0;
};

}  // namespace lockservice

// The requests that a server still owes an answer, and to whom. One answer each; what is not
// answered when its connection closes is forgotten (its client asks again elsewhere, rule X1).
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

// A client's connection to this process; never reused. Numbered by whoever accepts them.
using ConnectionId = paxos::StrongId<struct ConnectionTag>;

// Names a pending request of this process; serves as ProposalId, ReadId and KeepAliveTag.
using PendingId = paxos::StrongId<struct PendingTag>;

struct RequestTableOptions {
  // Pending requests of all connections, waiting acquires included; more: kOverloaded. A pending
  // request takes about 300 bytes.
  std::size_t requests_max = 262'144;
  // Of one connection, so that no client can take all; a session's window is 1,024 calls.
  std::size_t requests_per_connection_max = 16'384;
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

  // The answer goes to `asker` from now on. False: `asker`'s connection has too many; nothing
  // changed.
  bool Reattach(PendingId id, const Asker& asker);

  // Removes it, to be answered; none if it is not pending (any more).
  std::optional<PendingRequest> Take(PendingId id);
  std::optional<PendingRequest> TakeCall(const CallKey& key);
  // In the order in which they came.
  std::vector<PendingRequest> TakeAll();

  // The connection is gone, and so is everyone to answer.
  void Drop(ConnectionId connection);

  [[nodiscard]] std::size_t size() const { return requests_.size(); }

 private:
  [[nodiscard]] bool IsFull(ConnectionId connection) const;
  void Unlink(ConnectionId connection, PendingId id);

  RequestTableOptions options_;
  PendingId last_id_{};
  std::map<PendingId, PendingRequest> requests_;
  std::map<CallKey, PendingId> calls_;
  std::map<ConnectionId, std::set<PendingId>> by_connection_;
};

}  // namespace lockservice

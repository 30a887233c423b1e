#include "lockservice/server_requests.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"

namespace lockservice {
namespace {

// How many of so many may wait.
std::size_t WaitsAmong(std::size_t requests_max) {
  return requests_max - std::max<std::size_t>(1, requests_max / 4);
}

}  // namespace

std::optional<PendingId> RequestTable::Add(PendingRequest request) {
  if (requests_.size() >= options_.requests_max || IsFull(request.asker.connection))
    return std::nullopt;
  const PendingId id = NextId();
  if (const CallKey* call = request.call()) {
    const bool is_new = calls_.emplace(*call, id).second;
    PAXOS_CHECK("X1", is_new, call->session, call->seq);
  }
  Link(id, request);
  requests_.emplace(id, std::move(request));
  return id;
}

PendingRequest* RequestTable::Find(PendingId id) {
  const auto found = requests_.find(id);
  return found == requests_.end() ? nullptr : &found->second;
}

std::optional<PendingId> RequestTable::FindCall(const CallKey& key) const {
  const auto found = calls_.find(key);
  return found == calls_.end() ? std::nullopt : std::optional(found->second);
}

bool RequestTable::Park(PendingId id) {
  PendingRequest* request = Find(id);
  PAXOS_CHECK("REQUESTS", request != nullptr && !request->waiting, id);
  if (!HasRoomToWait(request->asker.connection)) {
    Take(id);
    return false;
  }
  Unlink(id, *request);
  request->waiting = true;
  Link(id, *request);
  return true;
}

bool RequestTable::Reattach(PendingId id, const Asker& asker) {
  PendingRequest* request = Find(id);
  PAXOS_CHECK("REQUESTS", request != nullptr, id);
  if (asker.connection < request->asker.connection) return true;
  if (request->asker.connection != asker.connection) {
    if (IsFull(asker.connection)) return false;
    if (request->waiting && !HasRoomToWait(asker.connection)) return false;
  }
  Unlink(id, *request);
  request->asker = asker;
  Link(id, *request);
  return true;
}

std::optional<PendingRequest> RequestTable::Take(PendingId id) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return std::nullopt;
  PendingRequest request = std::move(found->second);
  requests_.erase(found);
  if (const CallKey* call = request.call()) calls_.erase(*call);
  Unlink(id, request);
  return request;
}

std::optional<PendingRequest> RequestTable::TakeCall(const CallKey& key) {
  const std::optional<PendingId> id = FindCall(key);
  return id ? Take(*id) : std::nullopt;
}

std::vector<PendingRequest> RequestTable::TakeAll() {
  std::vector<PendingRequest> all;
  all.reserve(requests_.size());
  for (auto& [id, request] : requests_) all.push_back(std::move(request));
  requests_.clear();
  calls_.clear();
  by_connection_.clear();
  waiting_ = 0;
  return all;
}

void RequestTable::Drop(ConnectionId connection) {
  const auto found = by_connection_.find(connection);
  if (found == by_connection_.end()) return;
  const std::set<PendingId> ids = found->second.requests;
  for (PendingId id : ids) {
    PendingRequest& request = requests_.at(id);
    const bool is_on_its_way = request.call() != nullptr && !request.waiting;
    if (!is_on_its_way) {
      Take(id);
      continue;
    }
    Unlink(id, request);
    request.asker = Asker{};
  }
}

bool RequestTable::IsFull(ConnectionId connection) const {
  const auto found = by_connection_.find(connection);
  return found != by_connection_.end() &&
         found->second.requests.size() >= options_.requests_per_connection_max;
}

bool RequestTable::HasRoomToWait(ConnectionId connection) const {
  if (waiting_ >= WaitsAmong(options_.requests_max)) return false;
  const auto found = by_connection_.find(connection);
  return found == by_connection_.end() ||
         found->second.waiting < WaitsAmong(options_.requests_per_connection_max);
}

void RequestTable::Link(PendingId id, const PendingRequest& request) {
  PerConnection& connection = by_connection_[request.asker.connection];
  connection.requests.insert(id);
  if (!request.waiting) return;
  ++connection.waiting;
  ++waiting_;
}

void RequestTable::Unlink(PendingId id, const PendingRequest& request) {
  if (request.IsOrphan()) return;
  const auto found = by_connection_.find(request.asker.connection);
  found->second.requests.erase(id);
  if (request.waiting) {
    --found->second.waiting;
    --waiting_;
  }
  if (found->second.requests.empty()) by_connection_.erase(found);
}

}  // namespace lockservice

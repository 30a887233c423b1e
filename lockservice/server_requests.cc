#include "lockservice/server_requests.h"

#include <utility>

#include "paxos/check.h"

namespace lockservice {

std::optional<PendingId> RequestTable::Add(PendingRequest request) {
  const ConnectionId connection = request.asker.connection;
  if (requests_.size() >= options_.requests_max || IsFull(connection)) return std::nullopt;
  const PendingId id = NextId();
  if (const CallKey* call = request.call()) {
    const bool is_new = calls_.emplace(*call, id).second;
    PAXOS_CHECK("X1", is_new, call->session, call->seq);
  }
  by_connection_[connection].insert(id);
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

bool RequestTable::Reattach(PendingId id, const Asker& asker) {
  PendingRequest* request = Find(id);
  PAXOS_CHECK("REQUESTS", request != nullptr, id);
  const ConnectionId before = request->asker.connection;
  if (before != asker.connection) {
    if (IsFull(asker.connection)) return false;
    Unlink(before, id);
    by_connection_[asker.connection].insert(id);
  }
  request->asker = asker;
  return true;
}

std::optional<PendingRequest> RequestTable::Take(PendingId id) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return std::nullopt;
  PendingRequest request = std::move(found->second);
  requests_.erase(found);
  if (const CallKey* call = request.call()) calls_.erase(*call);
  Unlink(request.asker.connection, id);
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
  return all;
}

void RequestTable::Drop(ConnectionId connection) {
  const auto found = by_connection_.find(connection);
  if (found == by_connection_.end()) return;
  const std::set<PendingId> ids = std::move(found->second);
  by_connection_.erase(found);
  for (PendingId id : ids) {
    const auto request = requests_.find(id);
    if (const CallKey* call = request->second.call()) calls_.erase(*call);
    requests_.erase(request);
  }
}

bool RequestTable::IsFull(ConnectionId connection) const {
  const auto found = by_connection_.find(connection);
  return found != by_connection_.end() &&
         found->second.size() >= options_.requests_per_connection_max;
}

void RequestTable::Unlink(ConnectionId connection, PendingId id) {
  const auto found = by_connection_.find(connection);
  if (found == by_connection_.end()) return;
  found->second.erase(id);
  if (found->second.empty()) by_connection_.erase(found);
}

}  // namespace lockservice

// What a data directory remembers outside of the database: how far the log had come a second ago.
// A log that ends earlier has lost data that was acknowledged; without the anchor that would look
// like a write that power loss cut short.
//
// The file `anchor` has two places of 4096 bytes, written in turn, so that a write that is cut
// short leaves the one before. Each holds the length of what follows (u16, little endian), a sealed
// Anchor (seal.h, its name is "anchor") and zeros.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "paxos/archive.h"
#include "paxos/result.h"
#include "paxos/types.h"
#include "storage/file_system.h"
#include "storage/seal.h"

namespace paxos::storage {

struct Anchor {
  static constexpr const char* kName = "Anchor";
  std::uint64_t writing = 0;  // counts from 1; the higher one of the two counts
  ClusterId cluster{};
  NodeId node{};
  Ballot promised{};
  PersistSeq persisted{};
  Seal meta = 0;  // the meta record's when that batch was the last one
  friend bool operator==(const Anchor&, const Anchor&) = default;
};

template <class Archive>
void serialize(Archive& ar, Anchor& a, unsigned /*version*/) {
  ar& Named("writing", a.writing) & Named("cluster", a.cluster) & Named("node", a.node) &
      Named("promised", a.promised) & Named("persisted", a.persisted) & Named("meta", a.meta);
}

class AnchorFile {
 public:
  static Status Create(FileSystem& files, const std::string& path, const Anchor& first);
  // kDamaged if neither place can be read.
  static Result<std::unique_ptr<AnchorFile>> Open(FileSystem& files, const std::string& path);

  const Anchor& newest() const { return newest_; }

  // Replaces the older of the two and syncs. Sets `writing` itself.
  Status Remember(Anchor anchor);

 private:
  AnchorFile(std::unique_ptr<File> file, const Anchor& newest)
      : file_(std::move(file)), newest_(newest) {}

  std::unique_ptr<File> file_;
  Anchor newest_;
};

}  // namespace paxos::storage

// LevelDB's words in ours, and back.
#pragma once

#include <leveldb/options.h>
#include <leveldb/slice.h>
#include <leveldb/status.h>

#include <string_view>

#include "paxos/result.h"

namespace paxos::storage {

inline leveldb::Slice SliceOf(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view ViewOf(const leveldb::Slice& slice) { return {slice.data(), slice.size()}; }

leveldb::Status ToLevelDb(const Status& status);

// kDamaged for what is corrupt or missing, kIo for the rest.
Status FromLevelDb(const leveldb::Status& status);

// Checks LevelDB's own checksums, and leaves its cache to others: a log is read once, in order.
leveldb::ReadOptions CarefulReads();

}  // namespace paxos::storage

// Where a log file of LevelDB really ends.
//
// LevelDB takes too little for damage and too much for it. A length that points past the file, or a
// stretch of zeros, counts as a clean end, so the acknowledged records behind it vanish; but a
// write that power loss tore, in a file that was filled with zeros beforehand, counts as
// corruption, though nothing of it was ever acknowledged.
//
// We know more: every record is synced before the next one is written. So whatever follows the last
// whole record can only be the torn rest of the one write that was under way, unless the beginning
// of a later record stands behind it. Then the bad place had been synced: damage.
//
//   | record | record | torn, zeros ... |            ends behind the second record
//   | record | ?????? | record | zeros  |            damaged
//
// A record may carry bytes that a client chose, and those may look like the beginning of a record.
// So a beginning counts only where LevelDB could have put one: a record of a log starts with a
// WriteBatch, whose sequence number goes on from the last whole record's by no more than fits in
// between. Somebody who guesses that number can still make us take a torn write for damage, never
// damage for a torn write.
//
// The file is a row of 32 KiB blocks. Each holds fragments of records: a header of 7 bytes (masked
// CRC-32C of type and payload, length u16, type; little endian) and the payload. A record is one
// FULL fragment, or FIRST, MIDDLE ..., LAST. The last 6 bytes of a block may be a filler.
#pragma once

#include <cstdint>
#include <string>

#include "paxos/result.h"

namespace paxos::storage {

// A MANIFEST's records are LevelDB's own.
enum class LogKind : std::uint8_t { kWriteBatches, kManifest };

// The offset behind the last whole record of the file `path`. kDamaged as above.
Result<std::uint64_t> FindLogEnd(const std::string& path, LogKind kind);

}  // namespace paxos::storage

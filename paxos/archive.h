#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "paxos/binary_reader.h"
#include "paxos/binary_writer.h"
#include "paxos/json_writer.h"
#include "paxos/named.h"
#include "paxos/result.h"
#include "paxos/text_writer.h"

// How values become bytes and come back: on the wire, in the log, in snapshots and fingerprints.
//
// A type describes itself once, in Boost.Serialization's shape, by a function found by ADL:
//
//   struct Accept {
//     static constexpr const char* kName = "Accept";  // optional: for text and JSON
//     std::uint64_t round = 0;
//     std::string value{};
//     std::optional<std::int32_t> delay{};
//   };
//
//   template <class Archive>
//   void serialize(Archive& ar, Accept& a, unsigned version) {
//     ar & Named("round", a.round) & Named("value", a.value) & Named("delay", a.delay);
//   }
//
// Encode(Accept{300, "abc", -2}) is these eight bytes:
//
//   ac 02         round 300: seven bits a byte, lowest first, the high bit says "more follows"
//   03 61 62 63   value: its length, then its bytes
//   01 03         delay: there is one; -2 zigzags to 3 (0, -1, 1, -2 -> 0, 1, 2, 3)
//
// Fields follow each other in the order described, without names, tags or padding. The leaves:
//
//   bool, u8              one byte (a bool's is 0 or 1)
//   unsigned, enum, id    varint (LEB128), the shortest one
//   signed                zigzag, then varint
//   string                varint length, bytes
//   array<u8, N>          N bytes
//   vector, deque         varint count, elements
//   set, map              varint count, elements in strictly ascending order of their keys
//   pair                  first, second
//   optional              00, or 01 and the value
//   variant               varint index, value (monostate: nothing)
//   duration, time_point  signed count of the type's unit
//   unique_ptr, shared_ptr  the value; never null, never shared when read back
//
// So equal values have equal bytes, and decoding accepts nothing else: Encode(*Decode<T>(b)) == b.
// `version` is the version of the frame or record that the bytes stand in; a description that
// grows a field asks for it (`if (version >= 2) ar & ...`). What a reader does about hostile bytes
// is written at BinaryReader.
namespace paxos {

// Appends to `out`.
template <class T>
void EncodeTo(const T& value, std::string* out) {
  BinaryWriter(out).Write(value);
}

template <class T>
std::string Encode(const T& value) {
  std::string bytes;
  EncodeTo(value, &bytes);
  return bytes;
}

// All of `bytes` must be one T; kDamaged otherwise.
template <class T>
Result<T> Decode(std::string_view bytes, unsigned version = kFormatVersion) {
  T value{};
  BinaryReader reader(bytes, version);
  reader.Read(value);
  reader.ExpectEnd();
  if (!reader.ok()) return reader.status();
  return value;
}

template <class T>
std::string ToJson(const T& value) {
  std::string json;
  JsonWriter(&json).Write(value);
  return json;
}

}  // namespace paxos

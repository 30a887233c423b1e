// What lockctl prints: for people by default, JSON for programs. Texts of other people (names,
// notes) are made printable first: a note must not move the cursor of who reads it.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lockservice/protocol.h"
#include "paxos/time.h"

namespace lockservice {

// Control characters, and bytes that are not UTF-8, as \xNN.
std::string Printable(std::string_view text);
// Quoted for a shell: 'it'\''s'.
std::string ShellQuoted(std::string_view text);
// "350ms", "12s", "3m05s", "2h07m", "4d03h".
std::string HumanDuration(paxos::Duration duration);
// "5s", "1.5s", "500ms", "2m", "1h"; a bare number is seconds, as flock(1) has it. None: no such.
std::optional<std::chrono::milliseconds> ParseDuration(const std::string& text);

// Columns as wide as their widest cell.
std::string Table(const std::vector<std::vector<std::string>>& rows);

// "held by session 5 for 12s, token 3, note: nightly backup"; "free".
std::string HumanHolder(const std::optional<Holder>& holder, paxos::LogTime now);

boost::json::value HolderToJson(const std::optional<Holder>& holder, paxos::LogTime now);
// One line on stdout.
void PrintJson(const boost::json::value& value);

}  // namespace lockservice

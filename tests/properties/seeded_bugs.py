#!/usr/bin/env python3
"""Does the property test see bugs? Puts each of a table of bugs into the engine or the outbox, one at a time, and
expects the property test to fail: `./dev prove --bugs`. Sources are not touched: a changed copy is compiled aside and
linked before the library. A bug that survives means that a check is missing.

usage: seeded_bugs.py BUILD [NAME...]    BUILD: a configured and built tree (build/release); NAMEs: only these bugs
Environment: JOBS (2), MW_SEQUENCES (20000 here) for each bug, of which most take few.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Name, file, exact old text (once in the file), new text.
BUGS = [
    # ---- the engine: for, keep_firing, unknown, episodes
    ("for_off_by_one", "alerts/engine.cpp", "alert.held >= alert.rule->hold", "alert.held > alert.rule->hold"),
    ("for_ignored", "alerts/engine.cpp", "alert.held >= alert.rule->hold", "true"),
    ("keep_off_by_one", "alerts/engine.cpp", "alert.cleared < alert.rule->keep_firing",
     "alert.cleared <= alert.rule->keep_firing"),
    ("keep_ignored", "alerts/engine.cpp", "if (alert.cleared < alert.rule->keep_firing) return;", ""),
    ("unknown_resolves", "alerts/engine.cpp", "if (measured.truth == Truth::no) step_no(alert, now);",
     "if (measured.truth != Truth::yes) step_no(alert, now);"),
    ("unknown_time_counts", "alerts/engine.cpp", "if (alert.last != truth) return {};",
     "if (alert.last != truth && alert.last != Truth::unknown) return {};"),
    ("any_time_counts", "alerts/engine.cpp", "if (alert.last != truth) return {};", ""),
    ("outage_counts_for_ever", "alerts/engine.cpp", "std::min(alert.credit, kLongestCredit)", "alert.credit"),
    ("outage_counts_nothing", "alerts/engine.cpp", "std::min(alert.credit, kLongestCredit)", "Duration{}"),
    ("clock_mix_up", "alerts/engine.cpp", "alert.evaluated = now.steady;",
     "alert.evaluated = SteadyTime(now.wall.time_since_epoch());"),
    ("relapse_keeps_clearing", "alerts/engine.cpp", "  alert.cleared = {};\n  if (alert.phase == Phase::pending)",
     "  if (alert.phase == Phase::pending)"),
    ("episode_not_counted", "alerts/engine.cpp", "++alert.episode;", ""),
    ("starts_anew", "alerts/engine.cpp", "  alert.cleared = {};\n  if (alert.phase == Phase::pending)",
     "  alert.cleared = {};\n  if (alert.phase == Phase::firing) alert.fired_at = now.wall;\n"
     "  if (alert.phase == Phase::pending)"),
    ("ends_before_it_began", "alerts/engine.cpp", "std::max(now.wall, alert.fired_at)", "now.wall"),
    ("gone_goes_on", "alerts/engine.cpp", "      clear(alert, now_);\n", ""),
    ("clear_ignored", "alerts/engine.cpp", "|| rule.clear.empty()) return measured;", "|| true) return measured;"),
    ("clear_unknown_is_no", "alerts/engine.cpp", "over == Truth::unknown ? over : over == Truth::yes",
     "over == Truth::yes"),
    ("reference_blamed", "alerts/engine.cpp", "view->mirror->reference || pool ==", "pool =="),
    # ---- the engine: muting
    ("muted_by_same_only", "alerts/engine.cpp", ', {source, key.pool, ""}, {source, "", ""}}', "}"),
    ("pending_mutes_not", "alerts/engine.cpp", "found->second.phase != Phase::inactive",
     "found->second.phase == Phase::firing"),
    ("unmuted_at_once", "alerts/engine.cpp", "alert.unmuted_at = now.wall;", "alert.unmuted_at.reset();"),
    ("unmuted_by_old_look", "alerts/engine.cpp", "view->runs.back().at > unmuted;", "true;"),
    ("muted_until_clock_caught_up", "alerts/engine.cpp", "std::min(*alert.unmuted_at, now_.wall)", "*alert.unmuted_at"),
    ("muted_by_the_past", "alerts/engine.cpp", "    alert.unmuted_at.reset();\n  }\n  if (alert.phase == Phase::pending &&",
     "  }\n  if (alert.phase == Phase::pending &&"),
    ("mute_forgotten", "alerts/engine.cpp", "alert.muted_by = std::move(source);", ""),
    # ---- measuring
    ("no_verdict_is_no", "alerts/measure.cpp",
     "if (view.verdict.state == State::unknown) return std::nullopt;\n  return view.verdict.state == state ? 1 : 0;",
     "return view.verdict.state == state ? 1 : 0;"),
    ("and_skips_unknown", "alerts/measure.cpp", "(next.truth == Truth::unknown && all == Truth::yes)", "false"),
    ("reference_counted", "alerts/measure.cpp", "view->mirror->reference || view->pool->name != pool",
     "view->pool->name != pool"),
    ("pool_unknown_is_well", "alerts/measure.cpp", "(counted + counts.unknown) / all", "counted / all"),
    ("one_run_too_many", "alerts/measure.cpp", "seen.at(kind) < condition.runs :", "seen.at(kind) <= condition.runs :"),
    ("at_least_is_above", "alerts/measure.cpp", "return value >= condition.threshold;",
     "return value > condition.threshold;"),
    ("checks_summed_up", "alerts/measure.cpp", "range.low = std::max<double>(range.low, failed.at(i));",
     "range.low += failed.at(i);"),
    # ---- what is owed
    ("end_of_unaccepted_lost", "alerts/outbox.cpp", "told.attempted > told.resolved && over",
     "told.fired > told.resolved && over"),
    ("beginning_overtakes_end", "alerts/outbox.cpp", "alert.phase != Phase::firing || alert.episode != told.attempted",
     "alert.phase != Phase::firing"),
    ("muted_is_told", "alerts/outbox.cpp", "if (!alert.heard()) continue;",
     "if (!alert.silenced_by.empty()) continue;"),
    ("silenced_is_told", "alerts/outbox.cpp", "if (!alert.heard()) continue;", "if (alert.muted()) continue;"),
    ("silence_over_is_no_news", "alerts/outbox.cpp", " || told.hushed == alert.episode;", ";"),
    ("silence_over_is_told_twice", "alerts/outbox.cpp",
     "if (item.firing && told.hushed == item.episode) told.hushed = 0;", ""),
    ("silence_over_waits_for_others", "alerts/outbox.cpp", "outline.was_hushed ? Duration::zero() :", "false ? Duration::zero() :"),
    ("silence_ends_the_group", "alerts/outbox.cpp", "(!alert.heard() && item->episode > told.attempted)",
     "!alert.heard()"),
    ("unheard_of_has_a_group", "alerts/outbox.cpp", "(!alert.heard() && item->episode > told.attempted)", "false"),
    ("tells_of_nothing", "alerts/outbox.cpp", "  if (outline.items.empty()) return std::nullopt;\n", ""),
    ("silenced_parcel_is_sent", "alerts/outbox.cpp", "parcel.silenced = std::all_of(", "parcel.silenced = false && std::all_of("),
    ("silence_by_wall", "alerts/silence.cpp", "laid.ends = now.steady + (laid.ends_at - now.wall);", "laid.ends = SteadyTime(laid.ends_at.time_since_epoch());"),
    ("unwanted_all_clear", "alerts/outbox.cpp", "&& over && receiver.send_resolved)", "&& over)"),
    ("repeats_too_early", "alerts/outbox.cpp", "after(group.flushed, receiver.repeat_interval)",
     "after(group.flushed, receiver.repeat_interval / 2)"),
    ("repeats_never", "alerts/outbox.cpp", "after(group.flushed, receiver.repeat_interval)", "std::nullopt"),
    ("interval_ignored", "alerts/outbox.cpp", "after(group.flushed, receiver.group_interval)", "group.waiting"),
    ("wait_off_by_one", "alerts/outbox.cpp", ": receiver.group_wait);", ": receiver.group_wait + Duration(1));"),
    ("wait_ignored", "alerts/outbox.cpp", ": receiver.group_wait);", ": Duration::zero());"),
    ("retries_too_early", "alerts/outbox.cpp", "return wait / 2 + wait / 2 *", "return wait / 4 + wait / 2 *"),
    ("backs_off_linearly", "alerts/outbox.cpp", "wait < kLastRetry; ++i) wait *= 2;", "wait < kLastRetry; ++i) wait += kFirstRetry;"),
    ("retry_after_ignored", "alerts/outbox.cpp",
     "std::min(delivery.retry_after.value_or(Duration::zero()), kLongestRetryAfter)", "Duration::zero()"),
    ("retry_after_unbounded", "alerts/outbox.cpp",
     "std::min(delivery.retry_after.value_or(Duration::zero()), kLongestRetryAfter)",
     "delivery.retry_after.value_or(Duration::zero())"),
    ("retry_after_is_all", "alerts/outbox.cpp", "return std::max(with_jitter(",
     "return delivery.retry_after ? least : std::max(with_jitter("),
    ("refused_hammers", "alerts/outbox.cpp", "? kRefusedRetry : Duration::zero()",
     "? Duration::zero() : Duration::zero()"),
    ("buried_alive", "alerts/outbox.cpp", "attempts >= kMostRejections;", "attempts + 1 >= kMostRejections;"),
    ("dropped_by_429", "alerts/outbox.cpp", "delivery.outcome == Acceptance::accepted || hopeless",
     "delivery.outcome == Acceptance::accepted || delivery.status == 429 || hopeless"),
    ("rejected_is_news_again", "alerts/outbox.cpp", "    mark_told(ledger, found->second);\n",
     "    if (!hopeless) mark_told(ledger, found->second);\n"),
    ("ack_of_end_lost", "alerts/outbox.cpp", "item.firing ? told.fired : told.resolved;", "told.fired;"),
    ("sequence_reused", "alerts/outbox.cpp", "  ledger.sequence = message.sequence;\n", ""),
    ("groups_not_locked", "alerts/outbox.cpp", "locked.insert(parcel.groups.begin(), parcel.groups.end());",
     "locked.insert(parcel.message.id);"),
    ("id_used_again", "alerts/outbox.cpp", "std::to_string(made.time_since_epoch().count())", "std::string()"),
    ("attempt_not_noted", "alerts/outbox.cpp", "    told.attempted = item.episode;\n", ""),
    ("beginning_not_noted", "alerts/outbox.cpp", "    told.started = item.starts_at;\n", ""),
    ("failures_go_on", "alerts/outbox.cpp", "    ledger.failures = 0;\n", ""),
    ("flush_not_noted", "alerts/outbox.cpp", "group = {std::nullopt, now, batch.catches_up};",
     "group.waiting.reset();"),
    ("catching_up_waits", "alerts/outbox.cpp", "group = {std::nullopt, now, batch.catches_up};",
     "group = {std::nullopt, now, false};"),
    ("catching_up_is_no_message", "alerts/outbox.cpp", "group = {std::nullopt, now, batch.catches_up};",
     "group = {std::nullopt, batch.catches_up ? group.flushed : now, batch.catches_up};"),
    ("owed_is_forgotten", "alerts/outbox.cpp",
     "&& !is_owed(entry.first, entry.second);", ";"),
    ("unsettled_is_forgotten", "alerts/outbox.cpp", " && !kept.contains(entry.first) && ", " && "),
    ("digest_replaced", "alerts/outbox.cpp", "crowded && !one_under_way &&", "crowded &&"),
    ("pace_ignored", "alerts/outbox.cpp", " || tokens_used(ledger, pace, now) > pace.burst - 1) return", ") return"),
    ("not_before_ignored", "alerts/outbox.cpp", "if (ledger.not_before > now || ", "if ("),
    ("sleeps_through", "alerts/outbox.cpp", "return std::max({*first, ledger.not_before, ",
     "if (first) return std::nullopt;\n  return std::max({*first, ledger.not_before, "),
    ("sleeps_through_retries", "alerts/outbox.cpp", "  if (next_parcel(ledger)) first = SteadyTime::min();\n", ""),
    ("oversleeps_by_a_second", "alerts/outbox.cpp", "+ std::chrono::microseconds(1);",
     "+ std::chrono::seconds(2);"),
    ("parcel_left_lying", "alerts/outbox.cpp", "  if (parcel) return NextStep{*parcel, {}};\n", ""),
    # ---- surviving
    ("credit_not_restored", "alerts/outbox_records.cpp",
     "    alert.credit = credit_in(json, alive, now.wall);\n", ""),
    ("credit_since_the_clock", "alerts/outbox_records.cpp", "from = std::max(from, time_in", "std::max(from, time_in"),
    ("clock_back_takes_all", "alerts/outbox_records.cpp", "alive = last_alive(records, now.wall);",
     "alive = std::min(last_alive(records, now.wall), now.wall);"),
    ("since_the_save", "alerts/outbox_records.cpp", "now.wall - (now.steady - *alert.evaluated) : now.wall",
     "now.wall : now.wall"),
    ("parcels_not_restored", "alerts/outbox_records.cpp",
     'if (record.kind == "parcel") ledger', 'if (record.kind == "parcels") ledger'),
    ("told_not_restored", "alerts/outbox_records.cpp", 'if (record.kind == "told") ledger',
     'if (record.kind == "tolds") ledger'),
    ("groups_not_restored", "alerts/outbox_records.cpp", 'if (record.kind == "group") ledger',
     'if (record.kind == "groups") ledger'),
    ("hush_not_restored", "alerts/outbox_records.cpp", "json.size() > 5 ? json.at(5).get<std::uint64_t>() : 0",
     "std::uint64_t{0}"),
    ("freedom_not_restored", "alerts/outbox_records.cpp", "is_pair && json.at(1).get<bool>()", "false"),
    ("sequence_not_restored", "alerts/outbox_records.cpp",
     '    ledger.sequence = json.at("sequence").get<std::uint64_t>();\n', ""),
    ("episode_not_restored", "alerts/outbox_records.cpp",
     '  alert.episode = json.at("episode").get<std::uint64_t>();\n', ""),
    ("phase_not_written", "alerts/outbox_records.cpp", "return std::tuple(x.phase, kept_last(x),",
     "return std::tuple(kept_last(x),"),
    ("changes_not_written", "alerts/outbox_records.cpp", "if (!is_new && same(known->second, value)) continue;",
     "if (!is_new) continue;"),
    ("what_is_gone_stays", "alerts/outbox_records.cpp", "if (gone) write(it->first, static_cast<const typename Fresh::mapped_type*>(nullptr));", ""),
    ("groups_flushed_now", "alerts/outbox_records.cpp", "return now.steady - std::max(now.wall - time, Duration::zero());",
     "return now.steady;"),
]


def fail(text):
    print(f"seeded_bugs: {text}", file=sys.stderr)
    sys.exit(2)


def changed(file, old, new):
    text = (ROOT / file).read_text(encoding="utf-8")
    if text.count(old) != 1:
        fail(f"{file} has {text.count(old)} times, not once: {old!r}")
    return text.replace(old, new)


def compile_command(build, file):
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        if pathlib.Path(entry["file"]) == ROOT / file:
            return entry["command"]
    return fail(f"{build} does not compile {file}")


def link_command(build):
    """As ninja would link the property test."""
    listed = subprocess.run(["ninja", "-C", str(build), "-t", "commands", "property_test"], check=True,
                            capture_output=True, text=True).stdout
    last = [line for line in listed.splitlines() if " -o property_test " in line][-1]
    return re.sub(r"^: && (.*) && :$", r"\1", last)


def run(command, build, **options):
    return subprocess.run(shlex.split(command), cwd=build, capture_output=True, text=True, check=False, **options)


def first_line(text):
    return next((line for line in text.splitlines() if line.startswith("FAILED")), text.strip().splitlines()[-1])


def attempt(build, scratch, link, bug):
    """What caught it, or None when nothing did."""
    name, file, old, new = bug
    place = scratch / name
    place.mkdir()
    source, compiled, program = place / pathlib.Path(file).name, place / "bug.o", place / "property_test"
    source.write_text(changed(file, old, new), encoding="utf-8")
    command = compile_command(build, file).replace(str(ROOT / file), str(source))
    made = run(re.sub(r" -o \S+", f" -o {compiled}", command).replace(" -Werror", " -w"), build)
    if made.returncode != 0:
        fail(f"{name} does not compile:\n{made.stderr}")
    made = run(link.replace(" -o property_test ", f" -o {program} {compiled} ", 1), build)
    if made.returncode != 0:
        fail(f"{name} does not link:\n{made.stderr}")
    environment = dict(os.environ, MW_JOBS="1", MW_SEQUENCES=os.environ.get("MW_SEQUENCES", "20000"))
    try:
        tried = run(str(program), build, env=environment, timeout=900)
    except subprocess.TimeoutExpired:
        return "it never ends"
    if tried.returncode == 0:
        return None
    return first_line(tried.stdout or tried.stderr or f"ended by {tried.returncode}")


def main():
    if len(sys.argv) < 2:
        fail("usage: seeded_bugs.py BUILD [NAME...]")
    build = pathlib.Path(sys.argv[1]).resolve()
    bugs = [bug for bug in BUGS if len(sys.argv) == 2 or bug[0] in sys.argv[2:]]
    for _, file, old, new in bugs:
        changed(file, old, new)
    link = link_command(build)
    survivors = []
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(
            int(os.environ.get("JOBS", "2"))) as pool:
        outcomes = pool.map(lambda bug: attempt(build, pathlib.Path(scratch), link, bug), bugs)
        for bug, caught in zip(bugs, outcomes):
            print(f"{bug[0]}: {caught or 'SURVIVED'}", flush=True)
            if caught is None:
                survivors.append(bug[0])
    print(f"{len(bugs) - len(survivors)} of {len(bugs)} caught")
    if survivors:
        print("survivors: " + " ".join(survivors))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())

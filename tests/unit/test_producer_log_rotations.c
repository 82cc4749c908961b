/* A log that is written, rotated, read and interrupted at random.
 *
 * A generation is what the web server wrote to one file from its creation to its rotation. However
 * the files were renamed, copied, cut and compressed meanwhile, and wherever the follower was ended
 * and went on from its last committed position: each line of each generation is taken exactly once,
 * and those of a generation in their order. */
#include "producer_log.h"

enum { RUNS = 120, STEPS = 150, GENERATIONS = 40, LINES = 400 };

struct generation {
    struct pv_buffer content;
    bool is_compressed, is_closed; /* closed: the web server has no longer got it open */
    size_t taken;                  /* bytes of `content` that the taken lines make up */
};

static struct {
    uint64_t random;
    bool dated, copytruncate;
    int live_fd, old_fd; /* old: still written to after its renaming; or -1 */
    struct generation generations[GENERATIONS]; /* the last one is the live one */
    int count;
    size_t committed_taken[GENERATIONS]; /* at the last commit */
    struct pv_log_position committed;
    bool in_long_line;
    int lines;
} world;

static uint64_t roll(uint64_t sides)
{
    world.random ^= world.random << 13;
    world.random ^= world.random >> 7;
    world.random ^= world.random << 17;
    return (world.random >> 16) % sides;
}

static struct generation *live(void)
{
    return &world.generations[world.count - 1];
}

/* The name of a rotated generation. */
static void name_of(int index, char name[64])
{
    const char *end = world.generations[index].is_compressed ? ".gz" : "";

    if (world.dated)
        snprintf(name, 64, LIVE "-202611%02d%s", index + 1, end);
    else
        snprintf(name, 64, LIVE ".%d%s", world.count - 1 - index, end);
}

/* Where the end of the line at `start` is, or SIZE_MAX when it has none yet. */
static size_t line_end(const struct pv_buffer *content, size_t start)
{
    const char *end = memchr(content->data + start, '\n', content->length - start);

    return end != NULL ? (size_t)(end - content->data) : SIZE_MAX;
}

/* Of a long line only the last piece is compared. */
static bool is_next_of(struct generation *generation, int index, const struct pv_line *line)
{
    const struct pv_buffer *content = &generation->content;
    size_t end, length, compared;

    if (generation->taken >= content->length)
        return false;
    end = line_end(content, generation->taken);
    if (end == SIZE_MAX && index == world.count - 1)
        return false;
    length = (end == SIZE_MAX ? content->length : end) - generation->taken;
    compared = line->kind == PV_LINE_WHOLE ? length : (length - 1) % PV_LOG_LINE_MAX + 1;
    return compared == line->length &&
           memcmp(content->data + generation->taken + length - compared, line->data, compared) == 0;
}

static void note_taken(const struct pv_line *line)
{
    world.in_long_line = line->kind == PV_LINE_PIECE;
    if (world.in_long_line)
        return;
    for (int i = 0; i < world.count; i++) {
        struct generation *generation = &world.generations[i];
        size_t end;

        if (!is_next_of(generation, i, line))
            continue;
        end = line_end(&generation->content, generation->taken);
        generation->taken = end == SIZE_MAX ? generation->content.length : end + 1;
        return;
    }
    fail_msg("\"%.*s\" is out of order or was taken before",
             (int)(line->length < 60 ? line->length : 60), line->data);
}

static void read_some(void)
{
    struct pv_line line;

    for (uint64_t count = roll(12); count > 0 && next_line(&line); count--)
        note_taken(&line);
}

static void commit(void)
{
    world.committed = reached();
    for (int i = 0; i < world.count; i++)
        world.committed_taken[i] = world.generations[i].taken;
}

/* A crash when nothing was committed before: what was taken since the last commit is void. */
static void crash(void)
{
    stop();
    for (int i = 0; i < world.count; i++)
        world.generations[i].taken = world.committed_taken[i];
    resume(&world.committed);
}

/* Between any two things that others do to the files. */
static void meanwhile(void)
{
    now_ms++;
    if (roll(3) == 0)
        read_some();
    if (roll(3) == 0)
        commit();
    if (roll(8) == 0)
        crash();
}

static void write_bytes(int fd, struct generation *generation, const char *data, size_t length)
{
    write_to(fd, data, length);
    pv_buffer_add(&generation->content, data, length);
}

/* A line that is like no other in each of its parts. It may be cut anywhere by a rotation. */
static void write_line(int fd, struct generation *generation)
{
    static char text[3 * PV_LOG_LINE_MAX];
    size_t length = 40 + (roll(60) == 0 ? roll(UINT64_C(2) * PV_LOG_LINE_MAX) : roll(200));

    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + roll(26));
    text[length++] = '\n';
    if (roll(4) == 0) {
        size_t part = 10 + roll(20);

        write_bytes(fd, generation, text, part);
        meanwhile();
        if (roll(3) == 0)
            return; /* for the next line to be joined to it */
        write_bytes(fd, generation, text + part, length - part);
    } else {
        write_bytes(fd, generation, text, length);
    }
    world.lines++;
}

static void reopen(void)
{
    if (world.old_fd < 0)
        return;
    close(world.old_fd);
    world.old_fd = -1;
    world.generations[world.count - 2].is_closed = true;
}

static void write_some(void)
{
    for (uint64_t count = roll(6); count > 0; count--) {
        if (world.old_fd >= 0)
            write_line(world.old_fd, &world.generations[world.count - 2]);
        else
            write_line(world.live_fd, live());
        meanwhile();
    }
    if (roll(2) == 0)
        reopen();
}

static void open_live(void)
{
    world.live_fd = open_file(LIVE, O_WRONLY | O_CREAT | O_APPEND);
    stamp(world.live_fd);
}

/* Renames access.log.1 to access.log.2 and so on, from the oldest. */
static void shift_numbers(void)
{
    for (int i = 0; i < world.count - 1 && !world.dated; i++) {
        char from[64], to[64];

        name_of(i, from);
        world.count++;
        name_of(i, to);
        world.count--;
        move(from, to);
        meanwhile();
    }
}

static void rotate_by_renaming(void)
{
    char name[64];

    world.count++;
    name_of(world.count - 2, name);
    move(LIVE, name);
    world.old_fd = world.live_fd;
    world.live_fd = -1;
    meanwhile();
    open_live();
}

static void rotate_by_copying(void)
{
    size_t length = live()->content.length;
    char name[64];

    world.count++;
    name_of(world.count - 2, name);
    world.count--;
    copy_part(LIVE, name, length / 2);
    meanwhile();
    copy(LIVE, name);
    meanwhile();
    world.generations[world.count - 1].is_closed = true;
    world.count++;
    cut_to(LIVE, 0);
}

static void rotate(void)
{
    if (world.count == GENERATIONS)
        return;
    reopen();
    shift_numbers();
    if (world.copytruncate)
        rotate_by_copying();
    else
        rotate_by_renaming();
}

static void compress_some(void)
{
    for (int i = 0; i < world.count - 1; i++) {
        char name[64], compressed[80];

        if (!world.generations[i].is_closed || world.generations[i].is_compressed || roll(2) == 0)
            continue;
        name_of(i, name);
        snprintf(compressed, sizeof compressed, "%s.gz", name);
        compress_beside(name);
        copy_part(compressed, "half", (size_t)file_identity(directory, compressed).st_size / 2);
        move(compressed, "whole");
        move("half", compressed);
        meanwhile();
        move("whole", compressed);
        meanwhile();
        remove_file(name);
        world.generations[i].is_compressed = true;
        meanwhile();
    }
}

static void step(void)
{
    switch (roll(8)) {
    case 0:
        rotate();
        break;
    case 1:
        compress_some();
        break;
    case 2:
        if (world.old_fd < 0)
            now_ms += (int64_t)roll((uint64_t)ROTATE_WAIT * 2);
        break;
    case 3:
        read_some();
        read_some();
        break;
    default:
        write_some();
    }
    meanwhile();
}

static void make_world(uint64_t seed)
{
    memset(&world, 0, sizeof world);
    world.random = seed * 0x9e3779b97f4a7c15U + 1;
    world.dated = roll(2) == 0;
    world.copytruncate = roll(2) == 0;
    world.old_fd = world.live_fd = -1;
    world.count = 1;
    open_live();
    start();
    commit();
}

static void take_the_rest(void)
{
    struct pv_line line;

    reopen();
    for (int i = 0; i < 20; i++) {
        now_ms += ROTATE_WAIT;
        while (next_line(&line))
            note_taken(&line);
    }
}

static void expect_all_taken(void)
{
    expect_nothing_lost();
    for (int i = 0; i < world.count; i++) {
        const struct generation *generation = &world.generations[i];
        bool has_half_line = i == world.count - 1 &&
                             generation->taken < generation->content.length &&
                             line_end(&generation->content, generation->taken) == SIZE_MAX;

        if (generation->taken < generation->content.length && !has_half_line)
            fail_msg("of generation %d of %d, %zu bytes of %zu were taken", i, world.count,
                     generation->taken, generation->content.length);
    }
}

static void end_world(void)
{
    close(world.live_fd);
    for (int i = 0; i < world.count; i++)
        pv_buffer_clean_up(&world.generations[i].content);
}

static void each_line_is_taken_once_and_in_order(void **state)
{
    const char *only = getenv("PV_TEST_SEED");
    uint64_t first = only != NULL ? strtoull(only, NULL, 10) : 1;

    for (uint64_t seed = first; seed < first + (only != NULL ? 1 : RUNS); seed++) {
        if (seed > first)
            make_log(state);
        print_message("seed %llu\n", (unsigned long long)seed);
        make_world(seed);
        for (int i = 0; i < STEPS && world.lines < LINES; i++)
            step();
        take_the_rest();
        expect_all_taken();
        end_world();
        if (seed + 1 < first + (only != NULL ? 1 : RUNS))
            remove_log(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {LOG_TEST(each_line_is_taken_once_and_in_order)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

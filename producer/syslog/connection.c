#include "producer/syslog/connection.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pageview/clock.h"
#include "pageview/log.h"

enum { READS_IN_A_TURN = 4 };

bool pv_syslog_connection_deliver(struct pv_syslog_connection *connection,
                                  struct pv_syslog_delivery *delivery)
{
    const char *message;
    size_t length;

    for (;;) {
        switch (pv_framing_next(&connection->framing, &message, &length)) {
        case PV_FRAME_NONE:
            return true;
        case PV_FRAME_TOO_LONG:
            pv_syslog_note_bad(delivery, PV_SYSLOG_too_long);
            break;
        case PV_FRAME_MESSAGE:
            if (!pv_syslog_deliver(delivery, message, length, true))
                return false;
            pv_framing_take(&connection->framing);
            break;
        }
    }
}

/* One read; PV_SYSLOG_TURN_OVER when something came. */
static enum pv_syslog_turn read_some(struct pv_syslog_connection *connection)
{
    size_t room;
    char *to = pv_framing_room(&connection->framing, &room);
    ssize_t length;

    if (to == NULL) {
        pv_log(PV_LOG_ERROR, "syslog_no_memory", PV_TEXT("why", "a connection is closed for it"));
        return PV_SYSLOG_TURN_ENDED;
    }
    length = recv(connection->fd, to, room, 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return PV_SYSLOG_TURN_DRY;
    if (length <= 0)
        return PV_SYSLOG_TURN_ENDED;
    pv_framing_added(&connection->framing, (size_t)length);
    connection->heard_ms = pv_monotonic_ms();
    return PV_SYSLOG_TURN_OVER;
}

enum pv_syslog_turn pv_syslog_connection_serve(struct pv_syslog_connection *connection,
                                               struct pv_syslog_delivery *delivery)
{
    for (int i = 0; i < READS_IN_A_TURN; i++) {
        enum pv_syslog_turn turn = read_some(connection);

        if (turn != PV_SYSLOG_TURN_OVER)
            return turn;
        if (!pv_syslog_connection_deliver(connection, delivery))
            return PV_SYSLOG_TURN_WAITS;
    }
    return PV_SYSLOG_TURN_OVER;
}

void pv_syslog_connection_end(struct pv_syslog_connection *connection,
                              struct pv_syslog_delivery *delivery)
{
    if (pv_framing_has_rest(&connection->framing, NULL, NULL))
        pv_syslog_note_bad(delivery, PV_SYSLOG_cut_off);
    close(connection->fd); /* and with it out of any epoll */
    connection->fd = -1;
    pv_framing_clean_up(&connection->framing);
}

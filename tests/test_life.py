"""An order's life, from the first draft to the last piece."""
import pytest
from tests.conftest import *
from django.test.utils import CaptureQueriesContext
from django.db import connection
from paidan.orders.actions import task as work, order as life, bulk
from paidan.orders.actions.saving import save, preview_save
from paidan.orders.drafts import draft_of
import time

def test_x(created, maker, approver, draft_order, hire):
    for n in (10, 1000):
        t=time.time()
        d = draft_order("PACK", lines=n)
        with CaptureQueriesContext(connection) as q: o = save(None, d, by=maker)
        print("create", n, len(q), time.time()-t)
        life.submit(o, by=maker)
        t=time.time()
        with CaptureQueriesContext(connection) as q: life.approve(o, by=approver)
        print("approve", n, len(q), time.time()-t)
        if n==10:
            p=hire("ann", post=("packaging","operator"))
            tt=tasks_of(o)
            with CaptureQueriesContext(connection) as q: work.claim(tt[0], by=p)
            print("claim", len(q))
            for x in q.captured_queries: print("   ", x["sql"][:150])
    assert_history_complete()

@pytest.mark.parametrize("n",[1,2,3])
@pytest.mark.django_db(transaction=True)
def test_y(created, n):
    t=time.time()
    o=created("VAN")
    print(time.time()-t)
def test_z(shop): pass

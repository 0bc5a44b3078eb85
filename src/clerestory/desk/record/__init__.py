"""What every record has besides its own details: links both ways, comments, files and its history with proofs.

A register's page of one record does this and nothing more::

    record = Record("risk", risk_id, risk.title, f"/risk/{risk_id}/", Subject("risk", risk_id), f"risk/{risk_id}")
    return render(request, "risk/risk.html", {"risk": risk, **record_parts(request, record)})

where what only the details need is read ``if shows_details(request)``, and its template::

    {% block tabs %}{% include "desk/record/tabs.html" %}{% endblock %}
    {% block content %}{% if parts.tab == "details" %} ... its own details ... {% endif %}
    {% include "desk/record/parts.html" %}{% endblock %}

Comments, files and links are written at addresses of their own under /records/<kind>/<id>/, for every kind that the
directory knows.
"""

from clerestory.desk.record.record import OtherPage, Parts, Record, Tab, other_page, record_parts, shows_details

__all__ = ["OtherPage", "Parts", "Record", "Tab", "other_page", "record_parts", "shows_details"]
